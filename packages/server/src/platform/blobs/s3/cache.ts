import { stat, utimes } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { BlobStore } from '../blob-store.ts'

export interface CacheOptions {
  /** Keeps the files. */
  readonly files: BlobStore
  readonly limitBytes: number
  readonly now: () => number
}

/** Whoever was given a path has so long to open it. */
const graceMs = 3_600_000
/** The files are counted after this many new bytes, not after each. */
const countAfterShare = 0.05

interface Entry {
  readonly digest: string
  readonly sizeBytes: number
  readonly usedMs: number
}

/** Copies on this disk of content that is safe elsewhere; those that nobody used for longest go first. */
export function createBlobCache({ files, limitBytes, now }: CacheOptions) {
  let addedBytes = Infinity
  let trimming: Promise<void> | undefined

  /** The time of use is that of access; that of change stays, which tells whether somebody wrote into the file. */
  async function touch(path: string): Promise<void> {
    const { mtime } = await stat(path)
    await utimes(path, new Date(now()), mtime)
  }

  async function entries(): Promise<Entry[]> {
    const found: Entry[] = []
    for await (const { digest } of files.list()) {
      // One that is deleted meanwhile takes no room.
      const path = await files.localPath(digest).catch(() => undefined)
      const kept = path && (await stat(path).catch(() => undefined))
      if (kept) found.push({ digest, sizeBytes: kept.size, usedMs: kept.atimeMs })
    }
    return found
  }

  async function trim(): Promise<void> {
    const all = await entries()
    let sum = all.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
    for (const { digest, sizeBytes, usedMs } of all.toSorted((one, other) => one.usedMs - other.usedMs)) {
      if (sum <= limitBytes || usedMs > now() - graceMs) break
      await files.delete(digest)
      sum -= sizeBytes
    }
  }

  function trimWhenDue(sizeBytes: number): Promise<void> {
    addedBytes += sizeBytes
    if (addedBytes < limitBytes * countAfterShare) return Promise.resolve()
    addedBytes = 0
    trimming ??= trim().finally(() => {
      trimming = undefined
    })
    return trimming
  }

  return {
    /** Path of a copy, which is made of `open` when there is none. @throws what `open` fails with */
    async path(digest: string, open: () => Readable): Promise<string> {
      if (!(await files.has(digest))) {
        const { sizeBytes } = await files.put(open(), { digest })
        await trimWhenDue(sizeBytes)
      }
      const path = await files.localPath(digest)
      await touch(path)
      return path
    },

    /** Takes content in that is on its way elsewhere. */
    put: files.put,
    /** Call it when content that was put is safe elsewhere. */
    kept: trimWhenDue,
    delete: files.delete,
  }
}
