import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CliError, exitCodes } from '../errors.ts'
import { folderOf } from '../settings.ts'
import { refuseWhenInUse, startLocal } from '../supervisor/index.ts'
import { readState, stillRunning } from '../supervisor/state.ts'
import { type CommonOptions, outputOf } from './common.ts'

export interface UpOptions extends CommonOptions {
  readonly port: number
  readonly inferencePort: number
  readonly detach?: boolean
}

/** Starts everything here and stays until it is told to stop. */
export async function up(options: UpOptions): Promise<number> {
  if (options.detach) return detach(options)
  const output = outputOf(options)
  const stopped = untilSignal()
  output.say(`starting on ${folderOf(options.folder)}`)
  const local = await startLocal({
    folder: folderOf(options.folder),
    port: options.port,
    inferencePort: options.inferencePort,
    onProgress: (says) => output.say(`  ${says}`),
  })
  const facts = { url: local.url, inferenceUrl: local.inferenceUrl, processes: local.pids() }
  output.result(facts, () => `Evenkeel runs: console ${local.url} · inference ${local.inferenceUrl}`)
  output.say('Ctrl-C stops it. Next: evenkeel status, or evenkeel open')
  await stopped
  output.say('stopping')
  process.once('SIGINT', () => local.kill())
  await local.stop()
  return exitCodes.ok
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

/** Starts another process of this program, waits until it is ready, and leaves it alone. */
async function detach({ port, inferencePort, ...options }: UpOptions): Promise<number> {
  const output = outputOf(options)
  const folder = folderOf(options.folder)
  await refuseWhenInUse(folder)
  await mkdir(join(folder, 'logs'), { recursive: true })
  const log = await open(join(folder, 'logs/supervisor.log'), 'w', 0o600)
  const program = fileURLToPath(new URL('../../bin/evenkeel.js', import.meta.url))
  const args = [program, 'up', '--folder', folder, '--port', String(port), '--inference-port', String(inferencePort)]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
  const ended = once(child, 'exit').then(() => 'ended' as const)
  const outcome = await Promise.race([ended, ready(folder, child.pid!)])
  if (outcome === 'ended') {
    const { readFile } = await import('node:fs/promises')
    throw new CliError({
      code: 'cli.not_started',
      message: 'Evenkeel did not start',
      why: (await readFile(join(folder, 'logs/supervisor.log'), 'utf8')).trim(),
      fix: `evenkeel up --folder ${folder}, without --detach, to watch it`,
      exitCode: child.exitCode || exitCodes.unexpected,
    })
  }
  await log.close()
  child.unref()
  output.result(outcome, () => `Evenkeel runs: console ${outcome.url} · inference ${outcome.inferenceUrl}`)
  output.say(`evenkeel down --folder ${folder} stops it`)
  return exitCodes.ok
}

async function ready(folder: string, pid: number) {
  for (;;) {
    await delay(50)
    const state = await readState(folder)
    if (state?.supervisor.pid !== pid) continue
    const answers = await Promise.all([answersAt(`${state.url}/readyz`), answersAt(`${state.inferenceUrl}/healthz`)])
    if (answers.every(Boolean) && (await stillRunning(state)).length >= 3) return state
  }
}

async function answersAt(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}
