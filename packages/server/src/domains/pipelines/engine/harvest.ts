import { type BlobStore, claimAfterMs } from '../../../platform/blobs/blob-store.ts'
import type { Executor, Handle } from '../executors/executor.ts'
import { missingPart, storeFolder } from './folders.ts'
import type { StoredOutput } from './job.ts'
import type { RunPlanStep } from './plan.ts'
import { parseValues, valuesLimitBytes } from './values.ts'

/** What a step that ended well has left. */
export interface Harvest {
  readonly values: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, StoredOutput>>
}

/** @throws Error in words for the person who wrote the step: an output or a value is missing or cannot be kept */
export async function harvest(
  executor: Executor,
  blobs: BlobStore,
  handle: Handle,
  { outputs: names, folderOutputs }: Pick<RunPlanStep, 'outputs' | 'folderOutputs'>,
): Promise<Harvest> {
  const values = await readValues(executor, handle)
  const outputs: Record<string, StoredOutput> = {}
  const begunMs = Date.now()
  for (const name of names)
    outputs[name] = await bringIn(executor, blobs, handle, { name, isFolder: folderOutputs.includes(name) })
  if (Date.now() - begunMs > claimAfterMs) await claimAgain(blobs, outputs)
  return { values, outputs }
}

/** What was stored first has waited for the rest, longer than content may wait for whoever refers to it. */
async function claimAgain(blobs: BlobStore, outputs: Harvest['outputs']): Promise<void> {
  for (const [name, output] of Object.entries(outputs)) {
    const missing = await missingPart(blobs, output)
    if (missing !== undefined)
      throw new Error(`The output "${name}" (${missing}) was deleted while the rest was stored.`)
  }
}

async function bringIn(
  executor: Executor,
  blobs: BlobStore,
  handle: Handle,
  { name, isFolder }: { readonly name: string; readonly isFolder: boolean },
): Promise<StoredOutput> {
  const found = await executor.output(handle, name)
  if (!found) {
    const variable = `EVENKEEL_OUTPUT_… of "${name}"`
    const what = isFolder ? 'make the folder' : 'write the file'
    throw new Error(`It ended with exit code 0 but left no output "${name}"; ${what} named by ${variable}.`)
  }
  if (found.kind === 'file' && isFolder)
    throw new Error(
      `The output "${name}" is a file, and is declared as a folder; declare it as "file", or make a folder.`,
    )
  if (found.kind === 'folder' && !isFolder)
    throw new Error(
      `The output "${name}" is a folder, and is declared as a file; declare it as "dir", or write a file.`,
    )
  return found.kind === 'file' ? blobs.put(found.open()) : storeFolder(blobs, found)
}

async function readValues(executor: Executor, handle: Handle): Promise<Record<string, string>> {
  const bytes = await executor.read(handle, 'output', 0, valuesLimitBytes + 1)
  if (bytes.length > valuesLimitBytes) {
    throw new Error('It wrote more than 1 MiB of values; write large ones to a file and declare it as an output.')
  }
  return parseValues(bytes.toString())
}
