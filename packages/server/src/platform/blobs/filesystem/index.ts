import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { failPlatform, isErrno } from '../../errors.ts'
import type { BlobStore, StoredBlob } from '../blob-store.ts'
import { hexOf } from '../digest.ts'
import { write } from './write.ts'

/** Keeps blobs as read-only files in `<folder>/sha256/ab/cd/<hex>`. */
export function createFilesystemBlobStore({ folder }: { readonly folder: string }): BlobStore {
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
        await place(temporary, stored.digest)
        return stored
      } catch (error) {
        await rm(temporary, { force: true })
        throw isErrno(error, 'ENOSPC', 'EDQUOT') ? failPlatform('platform.disk_full', {}, { cause: error }) : error
      }
    },

    stat: find,

    has: (digest) =>
      stat(pathOf(digest)).then(
        () => true,
        (error: unknown) => {
          if (isErrno(error, 'ENOENT')) return false
          throw error
        },
      ),

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
      for (const first of await names(join(root, 'sha256'))) {
        for (const second of await names(join(root, 'sha256', first))) {
          for (const hex of await names(join(root, 'sha256', first, second))) yield `sha256:${hex}`
        }
      }
    },
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
