import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Executor, Handle, PlacedInput } from '../executors/executor.ts'

const Placed = z.array(z.object({ path: z.string(), digest: z.string(), sizeBytes: z.number(), mtimeMs: z.number() }))
const listLimitBytes = 64 * 1024 ** 2

/** The step wrote to what it was only given to read. */
export class InputChanged extends Error {
  override readonly name = 'InputChanged'
}

/** Finds what a job did to the store through its inputs, which may share their bytes with it. */
export type CheckInputs = (executor: Executor, handle: Handle) => Promise<InputChanged | undefined>

/**
 * Sets aside, in a folder, stored content that is no longer what its digest says, so that nobody is given it any more.
 *
 * @returns a check for the end of an attempt, which says which input was changed; `undefined` when none was
 */
export const checkInputsOf =
  (blobs: BlobStore, folder: string): CheckInputs =>
  async (executor, handle) => {
    for (const placed of await placedIn(executor, handle)) {
      const against = await whyChanged(blobs, folder, placed)
      if (against !== undefined)
        return new InputChanged(`It changed its input "${placed.path.split('/')[0]}" in place: ${against}`)
    }
    return undefined
  }

async function placedIn(executor: Executor, handle: Handle): Promise<readonly PlacedInput[]> {
  const bytes = await executor.read(handle, 'placed.json', 0, listLimitBytes)
  return bytes.length === 0 ? [] : Placed.parse(JSON.parse(bytes.toString()))
}

async function whyChanged(blobs: BlobStore, folder: string, placed: PlacedInput): Promise<string | undefined> {
  const { path, digest, sizeBytes, mtimeMs } = placed
  if (!(await blobs.has(digest))) return `${digest} is no longer stored. Run the step that made it again.`
  const stored = await blobs.localPath(digest)
  const now = await stat(stored)
  if (now.size === sizeBytes && now.mtimeMs === mtimeMs) return undefined
  // Its time alone may have been touched.
  if ((await digestOf(stored)) === digest) return undefined
  await mkdir(folder, { recursive: true })
  const aside = join(folder, digest.replace(':', '-'))
  await copyFile(stored, aside)
  await blobs.dropLocal(digest)
  return (
    `"${path}" (${digest}) was one file with what is stored, which is set aside in ${aside}. Let the command write to ` +
    'a copy or to an output; then run the step that made it again, or add the data again.'
  )
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return `sha256:${hash.digest('hex')}`
}
