import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { failPlatform, isErrno } from '../../errors.ts'
import { pooled } from '../../pooled.ts'
import type { BlobStore, ListedBlob, StoredBlob } from '../blob-store.ts'
import { claimed } from '../claim.ts'
import { digestNamed, hexOf } from '../digest.ts'
import type { Touch } from '../touches.ts'

interface FilesystemOptions {
  readonly folder: string
  readonly touch: Touch
}

/** Keeps blobs as read-only files in `<folder>/sha256/ab/cd/<hex>`. */
export function createFilesystemBlobStore({ folder, touch }: FilesystemOptions): BlobStore {
  const root = resolve(folder)
  const pathOf = (digest: string) => {
    const hex = hexOf(digest)
    return join(root, 'sha256', hex.slice(0, 2), hex.slice(2, 4), hex)
  }

  async function place(temporary: string, digest: string): Promise<void> {
    const target = pathOf(digest)
    await mkdir(join(target, '..'), { recursive: true })
    await rename(temporary, target)
    await syncFolder(join(target, '..'))
  }

  async function find(digest: string): Promise<StoredBlob> {
    try {
      return { digest, sizeBytes: (await stat(pathOf(digest))).size }
    } catch (error) {
      throw missing(error, digest)
    }
  }

  const has = (digest: string): Promise<boolean> => statOrNothing(pathOf(digest)).then((found) => found !== undefined)

  return {
    kind: 'filesystem',
    localFolder: root,

    async put(source, { digest: expected } = {}) {
      const temporary = join(root, 'incoming', randomUUID())
      await mkdir(join(root, 'incoming'), { recursive: true })
      try {
        const stored = await write(temporary, source)
        if (expected !== undefined && expected !== stored.digest) {
          throw failPlatform('platform.digest_mismatch', { expected, actual: stored.digest })
        }
        await touch([stored.digest])
        await place(temporary, stored.digest)
        return stored
      } catch (error) {
        await rm(temporary, { force: true })
        throw isErrno(error, 'ENOSPC', 'EDQUOT') ? failPlatform('platform.disk_full', {}, { cause: error }) : error
      }
    },

    stat: find,

    has,
    claim: (digests) => claimed(digests, touch, has),

    open: (digest, range) => openFile(pathOf(digest), digest, range),

    bytes: (digest) =>
      readFile(pathOf(digest)).catch((error: unknown) => {
        throw missing(error, digest)
      }),

    async localPath(digest) {
      await find(digest)
      return pathOf(digest)
    },

    dropLocal: (digest) => rm(pathOf(digest), { force: true }),

    delete: (digest) => rm(pathOf(digest), { force: true }),

    async *list() {
      for (const first of await folders(join(root, 'sha256'))) {
        for (const second of await folders(join(root, 'sha256', first))) {
          const folder = join(root, 'sha256', first, second)
          yield* (await pooled(await names(folder), statsAtOnce, (name) => listed(folder, name))).flat()
        }
      }
    },

    async *unfinished(since) {
      const incoming = join(root, 'incoming')
      for (const name of await names(incoming)) {
        const path = join(incoming, name)
        const found = await statOrNothing(path)
        if (found && found.mtime < since) yield { sizeBytes: found.size, drop: () => rm(path, { force: true }) }
      }
    },
  }
}

const statsAtOnce = 8

/** Nothing, when it was deleted meanwhile, or is not ours. */
async function listed(folder: string, name: string): Promise<ListedBlob[]> {
  const digest = digestNamed(name)
  const found = digest && (await statOrNothing(join(folder, name)))
  return found ? [{ digest, sizeBytes: found.size, storedAt: found.mtime }] : []
}

const statOrNothing = (path: string) =>
  stat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })

/** Takes the next bytes in and adds them to the digest while the disk writes those before. */
async function write(path: string, source: Readable | Uint8Array): Promise<StoredBlob> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  let writing = Promise.resolve()
  const file = await open(path, 'wx', 0o444)
  try {
    for await (const batch of batches(source instanceof Uint8Array ? [source] : source)) {
      await writing
      writing = writeAll(file, batch)
      // Whoever awaits it next hears of it; until then nobody does.
      writing.catch(() => {})
      hash.update(batch)
      sizeBytes += batch.byteLength
    }
    await writing
    await file.sync()
  } finally {
    await writing.catch(() => {})
    await file.close()
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes }
}

/** A trip to the disk costs the same for few bytes as for many. */
const batchBytes = 1024 ** 2

async function* batches(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    sizeBytes += chunk.byteLength
    if (sizeBytes < batchBytes) continue
    yield Buffer.concat(chunks)
    chunks = []
    sizeBytes = 0
  }
  if (chunks.length > 0) yield Buffer.concat(chunks)
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let offset = 0
  while (offset < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, offset)
    offset += bytesWritten
  }
}

/** A file that was renamed is only safe when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function openFile(path: string, digest: string, range?: { readonly start: number; readonly end: number }): Readable {
  const stream = createReadStream(path, { ...range, highWaterMark: 256 * 1024 })
  return Readable.from(translated(stream, digest), { objectMode: false })
}

async function* translated(stream: AsyncIterable<Buffer>, digest: string): AsyncGenerator<Buffer> {
  try {
    yield* stream
  } catch (error) {
    throw missing(error, digest)
  }
}

const missing = (error: unknown, digest: string): unknown =>
  isErrno(error, 'ENOENT') ? failPlatform('platform.blob_not_found', { digest }, { cause: error }) : error

const names = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  })

/** Other programs leave files of their own where they look around. */
const folders = async (folder: string): Promise<string[]> =>
  (await names(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name))
