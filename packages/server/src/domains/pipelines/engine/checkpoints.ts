import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PipelinesDeps } from '../needs.ts'
import { pipelinesStore } from '../store.ts'
import { stepSlug } from './external-id.ts'

/** How long checkpoints are kept after their run has succeeded. */
const keptMs = 7 * 24 * 60 * 60_000

/** Below the folder that a target and the server share: all attempts of a step of a run find the same one. */
export async function checkpointFolder(folder: string, run: string, step: string): Promise<string> {
  const path = join(folder, 'checkpoints', run, stepSlug(step))
  await mkdir(path, { recursive: true })
  return path
}

/** Removes the checkpoints of runs that succeeded a week ago. Those of a run that did not may still be needed. */
export async function removeOldCheckpoints(
  { db, now }: Pick<PipelinesDeps, 'db' | 'now'>,
  folders: readonly string[],
): Promise<void> {
  const before = new Date(now().getTime() - keptMs)
  for (const folder of folders) {
    const home = join(folder, 'checkpoints')
    const runs = await readdir(home).catch(() => [])
    if (runs.length === 0) continue
    for (const run of await pipelinesStore(db).succeededBefore(runs, before))
      await rm(join(home, run), { recursive: true, force: true })
  }
}
