import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommonOptions, connect, type Connection } from '../commands/common.ts'
import { exitCodes } from '../errors.ts'
import type { Output } from '../output.ts'
import { targetOf } from '../settings.ts'
import { startLocal } from '../supervisor/index.ts'
import { freePort } from '../free-port.ts'

/** Uses the server that is named or that runs; where there is none, one of its own for as long as it takes. */
export async function withServer<T>(
  options: CommonOptions,
  output: Output,
  use: (connection: Connection, isNew: boolean) => Promise<T>,
): Promise<T> {
  const isNamed = (options.url ?? process.env['EVENKEEL_URL'] ?? '') !== ''
  if (isNamed || (await answers((await targetOf(options)).url))) return use(await connect(options), false)
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-ci-'))
  output.say('no server is named or runs here; starting one for this')
  const [port, inferencePort] = [await freePort(), await freePort()]
  const local = await startLocal({ folder, port, inferencePort, onProgress: (says) => output.say(`  ${says}`) })
  const leave = () => {
    local.kill()
    process.exit(exitCodes.unexpected)
  }
  process.once('SIGTERM', leave)
  try {
    return await use(await connect({ ...options, url: local.url }), true)
  } finally {
    process.off('SIGTERM', leave)
    await local.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}
