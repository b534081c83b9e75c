import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { free, isGivenAway } from '../../given-away.ts'
import type { StoredBlob } from '../blob-store.ts'

/** Takes the next bytes in and adds them to the digest while the disk writes those before. */
export async function write(path: string, source: Readable | Uint8Array): Promise<StoredBlob> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o444)
  const flusher = createFlusher(file)
  const letGo = isGivenAway(source) ? free : () => {}
  let sizeBytes = 0
  let writing = Promise.resolve()
  try {
    for await (const batch of batches(source instanceof Uint8Array ? [source] : source)) {
      await writing
      writing = writeAll(file, batch.chunks).then(() => batch.chunks.forEach(letGo))
      // Whoever awaits it next hears of it; until then nobody does.
      writing.catch(() => {})
      for (const chunk of batch.chunks) hash.update(chunk)
      sizeBytes += batch.sizeBytes
      flusher.wrote(batch.sizeBytes)
    }
    await writing
    await flusher.end()
  } finally {
    await Promise.allSettled([writing, flusher.idle()])
    await file.close()
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes }
}

const flushEveryBytes = 16 * 1024 ** 2

/** Has the disk begin with a large file while its rest is still on the way: the end then waits for the rest alone. */
function createFlusher(file: FileHandle) {
  let unflushedBytes = 0
  let flushing: Promise<void> | undefined
  let problem: unknown

  async function flush(): Promise<void> {
    unflushedBytes = 0
    try {
      await file.datasync()
    } catch (error) {
      // The disk says it once; the flush at the end would hear of nothing.
      problem ??= error
    }
    flushing = undefined
  }

  return {
    wrote(sizeBytes: number): void {
      unflushedBytes += sizeBytes
      if (unflushedBytes >= flushEveryBytes && !flushing) flushing = flush()
    },
    idle: async (): Promise<void> => flushing,
    async end(): Promise<void> {
      await flushing
      if (problem !== undefined) throw problem
      await file.sync()
    },
  }
}

interface Batch {
  readonly chunks: readonly Uint8Array[]
  readonly sizeBytes: number
}

/** A trip to the disk costs the same for few bytes as for many, and takes at most so many pieces. */
const batchBytes = 1024 ** 2
const mostChunks = 1000

async function* batches(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Batch> {
  let chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    sizeBytes += chunk.byteLength
    if (sizeBytes < batchBytes && chunks.length < mostChunks) continue
    yield { chunks, sizeBytes }
    chunks = []
    sizeBytes = 0
  }
  if (chunks.length > 0) yield { chunks, sizeBytes }
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    left = without(left, bytesWritten)
  }
}

/** What is left of chunks when so many bytes of them are written. */
function without(chunks: readonly Uint8Array[], sizeBytes: number): readonly Uint8Array[] {
  let skipped = 0
  let at = 0
  while (at < chunks.length && skipped + chunks[at]!.byteLength <= sizeBytes) skipped += chunks[at++]!.byteLength
  const [first, ...rest] = chunks.slice(at)
  return first === undefined ? [] : [first.subarray(sizeBytes - skipped), ...rest]
}
