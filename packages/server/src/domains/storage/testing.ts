import { createHash } from 'node:crypto'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import { type BlobHolder, held } from '../../platform/blobs/holder.ts'
import { openBlobStore } from '../../platform/blobs/kinds.ts'
import { createBlobTouches } from '../../platform/blobs/touches.ts'
import type { Db } from '../../platform/db.ts'
import { createCollector } from './collector.ts'

/** Content that names point at, as `artifacts` keeps them. */
const names: BlobHolder = { domain: 'artifacts', columns: [held('artifacts.file.digest')] }

export const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** A blob store at a place, with names in a database that say what is needed, and its collector. */
export async function openShelf(db: Db, url: string, cacheFolder: string) {
  const touch = createBlobTouches({ db, now: () => new Date() })
  const blobs = await openBlobStore(url, { cacheFolder, cacheLimitBytes: 1024 ** 3, touch })
  return { blobs, ...shelfOf(db, blobs) }
}

export function shelfOf(db: Db, blobs: BlobStore) {
  const files = db.$pickTables<'artifacts.file'>()
  const row = (path: string, digest: string) =>
    ({ project_id: 'default', path, digest, size_bytes: 1, stored_at: new Date() }) as const
  return {
    collect: createCollector({ db, blobs, holders: [names], alwaysHeld: [] }),
    async name(path: string, digest: string): Promise<void> {
      await files.insertInto('artifacts.file').values(row(path, digest)).execute()
    },
    async forget(path: string): Promise<void> {
      await files.deleteFrom('artifacts.file').where('path', '=', path).execute()
    },
    /** Digests by path. */
    async named(): Promise<ReadonlyMap<string, string>> {
      const rows = await files.selectFrom('artifacts.file').select(['path', 'digest']).execute()
      return new Map(rows.map(({ path, digest }) => [path, digest]))
    },
    async stored(): Promise<Set<string>> {
      const found = new Set<string>()
      for await (const { digest } of blobs.list()) found.add(digest)
      return found
    },
  }
}

/** A moment after everything that has been stored. */
export const soon = () => new Date(Date.now() + 60_000)
export const silently = async () => {}
