import { type Selectable, sql } from 'kysely'
import type { StoredBlob } from '../../platform/blobs/blob-store.ts'
import type { Database, Db } from '../../platform/db.ts'
import { foldersOf } from './paths.ts'

export interface FileKey {
  readonly projectId: string
  readonly path: string
}

export type FileRow = Selectable<Database['artifacts.file']>

export interface ChildRow {
  readonly name: string
  readonly is_folder: boolean
  /** Null for a folder. */
  readonly digest: string | null
  readonly size_bytes: number | null
}

/** The character after `/` in the order of bytes: what lies in a folder is the range from `folder/` to `folder0`. */
const afterSlash = '0'

/** Sorts after a file and before whatever follows it: paths hold no control characters. */
const afterFile = '\u0001'

/** Every query on files under names. */
export function fileStore(db: Db) {
  const tables = db.$pickTables<'artifacts.file'>()

  return {
    find: ({ projectId, path }: FileKey): Promise<FileRow | undefined> =>
      tables
        .selectFrom('artifacts.file')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('path', '=', path)
        .executeTakeFirst(),

    /**
     * Makes whoever wants one of its folders as a file, or lay something below it, wait for the end of the transaction.
     * Folders are shared, so neighbours do not wait; all lock from the top down, so nobody waits in a circle.
     */
    async lockPath({ projectId, path }: FileKey): Promise<void> {
      const names = [...foldersOf(path), path].map((name) => `artifacts.file:${projectId}/${name}`)
      await sql`
        select case when depth < ${names.length}
          then pg_advisory_xact_lock_shared(hashtextextended(name, 0))
          else pg_advisory_xact_lock(hashtextextended(name, 0)) end
        from (select name, depth from unnest(${names}::text[]) with ordinality t(name, depth) order by depth) locks
      `.execute(db)
    },

    /** Call it with the path locked. @returns whether it was written: not when a folder of it is a file, or it is a folder */
    async put({ projectId, path }: FileKey, { digest, sizeBytes }: StoredBlob, now: Date): Promise<boolean> {
      const { numAffectedRows } = await sql`
        insert into artifacts.file (project_id, path, digest, size_bytes, stored_at)
        select ${projectId}, ${path}, ${digest}, ${sizeBytes}, ${now}
        where not exists (
          select from artifacts.file where project_id = ${projectId} and path = any(${foldersOf(path)}::text[])
        ) and not exists (
          select from artifacts.file
          where project_id = ${projectId} and path >= ${`${path}/`} and path < ${path + afterSlash}
        )
        on conflict (project_id, path) do update
        set digest = excluded.digest, size_bytes = excluded.size_bytes, stored_at = excluded.stored_at
      `.execute(db)
      return numAffectedRows === 1n
    },

    /**
     * What lies directly in a folder, in the order of bytes. Hops from child to child over the index, however much lies
     * below each.
     *
     * @param after - the last child of the page before
     * @param limit - null for all
     */
    async children(
      { projectId, path: folder }: FileKey,
      { after, limit }: { after?: { name: string; isFolder: boolean } | undefined; limit: number | null },
    ): Promise<readonly ChildRow[]> {
      const prefix = folder === '' ? '' : `${folder}/`
      const from = prefix + (after ? after.name + (after.isFolder ? afterSlash : afterFile) : '')
      const next = (start: ReturnType<typeof sql>) => sql`
        select path, digest, size_bytes,
          split_part(substr(path, length(${prefix}::text) + 1), '/', 1) as name,
          strpos(substr(path, length(${prefix}::text) + 1), '/') > 0 as is_folder
        from artifacts.file
        where project_id = ${projectId} and path >= ${start}
          ${folder === '' ? sql`` : sql`and path < ${folder + afterSlash}`}
        order by project_id, path limit 1`
      const { rows } = await sql<ChildRow>`
        with recursive child as (
          (${next(sql`${from}::text`)})
          union all
          select following.* from child, lateral (${next(
            sql`(${prefix}::text || child.name || case when child.is_folder then ${afterSlash} else ${afterFile} end) collate "C"`,
          )}) following
        )
        select name, is_folder, case when not is_folder then digest end as digest,
          case when not is_folder then size_bytes end as size_bytes
        from child limit ${limit}
      `.execute(db)
      return rows
    },

    /** All that lies in a folder, however deep, in the order of bytes. */
    below: ({ projectId, path }: FileKey, limit: number): Promise<FileRow[]> =>
      tables
        .selectFrom('artifacts.file')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('path', '>=', `${path}/`)
        .where('path', '<', path + afterSlash)
        .orderBy('path')
        .limit(limit)
        .execute(),

    /** How many files lie in any of the folders, each counted once, and how large they are. */
    async measure(projectId: string, folders: readonly string[]): Promise<{ files: number; sizeBytes: number }> {
      const { rows } = await sql<{ files: number; sizeBytes: number }>`
        select count(*) as files, coalesce(sum(size_bytes), 0)::bigint as "sizeBytes" from (
          select distinct f.path, f.size_bytes from unnest(${[...folders]}::text[]) folder
          join artifacts.file f on f.project_id = ${projectId}
            and f.path >= (folder || '/') collate "C" and f.path < (folder || ${afterSlash}) collate "C"
        ) found`.execute(db)
      return rows[0]!
    },

    /** Deletes all that lies in any of the folders. */
    async deleteBelow(projectId: string, folders: readonly string[]): Promise<void> {
      await sql`
        delete from artifacts.file f using unnest(${[...folders]}::text[]) folder
        where f.project_id = ${projectId}
          and f.path >= (folder || '/') collate "C" and f.path < (folder || ${afterSlash}) collate "C"`.execute(db)
    },

    /** Deletes a file, or all that lies in a folder. @returns how many files there were */
    async delete({ projectId, path }: FileKey): Promise<number> {
      const { numDeletedRows } = await tables
        .deleteFrom('artifacts.file')
        .where('project_id', '=', projectId)
        .where(({ eb, or, and }) =>
          or([eb('path', '=', path), and([eb('path', '>=', `${path}/`), eb('path', '<', path + afterSlash)])]),
        )
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}
