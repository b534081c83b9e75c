import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Identity, isRunning } from './identity.ts'

/** What the supervisor of a folder writes down, so that `down` and `status` find it after any crash. */
export const LocalState = z.object({
  supervisor: Identity,
  url: z.string(),
  inferenceUrl: z.string(),
  children: z.array(Identity),
})
export type LocalState = z.infer<typeof LocalState>

const stateFile = (folder: string) => join(folder, 'processes.json')

/** Reads who runs on the folder; undefined when nobody ever did. A file cut short by a crash reads as nobody. */
export async function readState(folder: string): Promise<LocalState | undefined> {
  const text = await readFile(stateFile(folder), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return LocalState.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export async function writeState(folder: string, state: LocalState): Promise<void> {
  const part = `${stateFile(folder)}.${process.pid}.part`
  const file = await open(part, 'w', 0o600)
  await file.writeFile(`${JSON.stringify(state, null, 2)}\n`)
  await file.sync()
  await file.close()
  await rename(part, stateFile(folder))
}

export const removeState = (folder: string) => rm(stateFile(folder), { force: true })

/** Whoever of them is still there, the supervisor first. */
export async function stillRunning(state: LocalState): Promise<Identity[]> {
  const all = [state.supervisor, ...state.children]
  const alive = await Promise.all(all.map(isRunning))
  return all.filter((_, index) => alive[index])
}
