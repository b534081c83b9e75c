import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Executor, Handle } from '../executors/executor.ts'
import type { StoredOutput } from './job.ts'
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
  names: readonly string[],
): Promise<Harvest> {
  const values = await readValues(executor, handle)
  const outputs: Record<string, StoredOutput> = {}
  for (const name of names) {
    const output = await executor.output(handle, name)
    if (!output) {
      const variable = `EVENKEEL_OUTPUT_… of "${name}"`
      throw new Error(`It ended with exit code 0 but left no output "${name}"; write the file named by ${variable}.`)
    }
    outputs[name] = await blobs.put(output.open())
  }
  return { values, outputs }
}

async function readValues(executor: Executor, handle: Handle): Promise<Record<string, string>> {
  const bytes = await executor.read(handle, 'output', 0, valuesLimitBytes + 1)
  if (bytes.length > valuesLimitBytes) {
    throw new Error('It wrote more than 1 MiB of values; write large ones to a file and declare it as an output.')
  }
  return parseValues(bytes.toString())
}
