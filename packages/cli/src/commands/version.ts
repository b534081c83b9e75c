import { readFile } from 'node:fs/promises'
import { exitCodes } from '../errors.ts'
import { type CommonOptions, outputOf } from './common.ts'

export async function version(options: CommonOptions): Promise<number> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const own = (manifest as { version: string }).version
  outputOf(options).result(
    { version: own, node: process.versions.node },
    () => `evenkeel ${own} (Node ${process.versions.node})`,
  )
  return exitCodes.ok
}
