import { artifactErrors, type FileEntry, type StoredFile } from '@evenkeel/contract'
import { basename } from 'node:path/posix'
import type { Readable } from 'node:stream'
import type { Caller } from '../../platform/auth.ts'
import type { BlobStore, StoredBlob } from '../../platform/blobs/blob-store.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import type { FileReply } from '../../platform/http.ts'
import { type Page, type PageRequest, pageOf } from '../../platform/page.ts'
import { type ChildRow, type FileKey, fileStore } from './file-store.ts'
import { mediaTypeOf } from './media-types.ts'
import { cleanFilePath, cleanPath } from './paths.ts'

const fail = failures(artifactErrors)

type Project = Pick<Caller, 'projectId'>

export interface FilesDeps {
  readonly db: Db
  readonly blobs: BlobStore
  readonly now: () => Date
}

/** Files under names: a tree of paths in each project, which point at content. */
export function createFiles({ db, blobs, now }: FilesDeps) {
  const store = fileStore(db)

  return {
    /** Stores a file, in place of one that has the path. @throws DomainError `artifacts.bad_path`, `artifacts.path_clash` */
    async put({ projectId }: Project, path: string, bytes: Readable): Promise<StoredFile> {
      const key = { projectId, path: cleanFilePath(path) }
      const blob = await blobs.put(bytes)
      await db.transaction().execute((tx) => nameBlob(tx, key, blob, now()))
      return { path: key.path, ...blob }
    },

    /** Gives content that is stored its paths below a folder. @throws DomainError `artifacts.bad_path`, `artifacts.path_clash` */
    async nameBelow(tx: Db, projectId: string, folder: string, stored: readonly StoredFile[]): Promise<void> {
      for (const { path, ...blob } of stored) {
        await nameBlob(tx, { projectId, path: cleanFilePath(`${folder}/${path}`) }, blob, now())
      }
    },

    /** @throws DomainError `artifacts.bad_path`, `artifacts.file_not_found` */
    async read({ projectId }: Project, path: string): Promise<FileReply> {
      const file = await store.find({ projectId, path: cleanPath(path) })
      if (!file) throw fail('artifacts.file_not_found', { path }, { why: `No file at '${path}'.` })
      return {
        sizeBytes: file.size_bytes,
        digest: file.digest,
        fileName: basename(file.path),
        mediaType: mediaTypeOf(file.path),
        open: (range) => blobs.open(file.digest, range),
      }
    },

    /** What lies directly in a folder: nothing when it is not there, or is a file. @throws DomainError `artifacts.bad_path` */
    async list({ projectId }: Project, folder: string, { limit, cursor }: PageRequest): Promise<Page<FileEntry>> {
      const after =
        cursor === undefined ? undefined : { name: cursor.replace(/\/$/, ''), isFolder: cursor.endsWith('/') }
      const rows = await store.children({ projectId, path: cleanPath(folder) }, { after, limit: limit + 1 })
      return pageOf(rows.map(presentChild), limit, ({ name, isFolder }) => (isFolder ? `${name}/` : name))
    },

    /** All of `list` at once. @throws DomainError `artifacts.bad_path` */
    async listAll({ projectId }: Project, folder: string): Promise<readonly FileEntry[]> {
      const rows = await store.children({ projectId, path: cleanPath(folder) }, { limit: null })
      return rows.map(presentChild)
    },

    /** Up to `limit` files in a folder, however deep, with their paths below it. @throws DomainError `artifacts.bad_path` */
    async listBelow(projectId: string, folder: string, limit: number): Promise<readonly StoredFile[]> {
      const path = cleanFilePath(folder)
      const rows = await store.below({ projectId, path }, limit)
      return rows.map((row) => ({
        path: row.path.slice(path.length + 1),
        digest: row.digest,
        sizeBytes: Number(row.size_bytes),
      }))
    },

    /**
     * Deletes a file, or a folder with all that lies in it; nothing when there is none. The content stays: others may
     * point at it too.
     *
     * @throws DomainError `artifacts.bad_path`, for the top too
     */
    async delete({ projectId }: Project, path: string): Promise<{ deleted: number }> {
      return { deleted: await store.delete({ projectId, path: cleanFilePath(path.replace(/\/+$/, '')) }) }
    },

    /** How many files lie in folders, and how large they are. @throws DomainError `artifacts.bad_path` */
    measure: (of: Db, projectId: string, folders: readonly string[]): Promise<{ files: number; sizeBytes: number }> =>
      fileStore(of).measure(projectId, folders.map(cleanFilePath)),

    /** Deletes what lies in folders, together with whatever else happens in the transaction; like `delete` otherwise. */
    async deleteBelow(tx: Db, projectId: string, folders: readonly string[]): Promise<void> {
      await fileStore(tx).deleteBelow(projectId, folders.map(cleanFilePath))
    },

    /** The path of what lies at `path` below a folder. @throws DomainError `artifacts.bad_path` when either is none */
    join: (folder: string, path: string): string =>
      cleanPath([cleanPath(folder), cleanPath(path)].filter((part) => part !== '').join('/')),
  }
}

/** Points a path at content. Call it in a transaction. @throws DomainError `artifacts.path_clash` */
export async function nameBlob(tx: Db, key: FileKey, blob: StoredBlob, now: Date): Promise<void> {
  const files = fileStore(tx)
  await files.lockPath(key)
  if (await files.put(key, blob, now)) return
  const why = `'${key.path}' is a folder, or lies below a file; nothing was stored.`
  throw fail('artifacts.path_clash', { path: key.path }, { why })
}

const presentChild = ({ name, is_folder, digest, size_bytes }: ChildRow): FileEntry => ({
  name,
  isFolder: is_folder,
  digest,
  sizeBytes: size_bytes === null ? null : Number(size_bytes),
})
