import { type Insertable, type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../../platform/db.ts'
import type { TriggerKey } from './store.ts'

export type WatchRow = Selectable<Database['pipelines.trigger_watch']>
export type FileRow = Selectable<Database['pipelines.trigger_file']>
/** A file of a folder, or an object of a bucket, as it is now. */
export type SeenFile = Pick<FileRow, 'path' | 'size_bytes' | 'mtime_ms' | 'etag'>

/** `taken_by` of what was there before the trigger. */
export const atStart = 'start'

/** Every query of what triggers have seen of folders, buckets and databases. */
export function watchStore(db: Db) {
  const tables = db.$pickTables<'pipelines.trigger_watch' | 'pipelines.trigger_file'>()

  const watchOf = ({ project_id, pipeline, name }: TriggerKey) =>
    tables.selectFrom('pipelines.trigger_watch').where((row) => row.and({ project_id, pipeline, trigger: name }))
  const filesOf = ({ project_id, pipeline, name }: TriggerKey) =>
    tables.selectFrom('pipelines.trigger_file').where((row) => row.and({ project_id, pipeline, trigger: name }))

  return {
    watches(): Promise<WatchRow[]> {
      return tables.selectFrom('pipelines.trigger_watch').selectAll().execute()
    },

    /** Why what is watched could not be looked at, by pipeline and trigger. */
    async problems(projectId: string): Promise<Map<string, string>> {
      const rows = await tables
        .selectFrom('pipelines.trigger_watch')
        .select(['pipeline', 'trigger', 'problem'])
        .where('project_id', '=', projectId)
        .where('problem', 'is not', null)
        .$narrowType<{ problem: string }>()
        .execute()
      return new Map(rows.map(({ pipeline, trigger, problem }) => [`${pipeline}/${trigger}`, problem]))
    },

    findWatch(trigger: TriggerKey): Promise<WatchRow | undefined> {
      return watchOf(trigger).selectAll().executeTakeFirst()
    },

    lockWatch(trigger: TriggerKey): Promise<WatchRow | undefined> {
      return watchOf(trigger).selectAll().forUpdate().executeTakeFirst()
    },

    /** Begins anew: what was seen before is forgotten. */
    async startWatch(row: Insertable<Database['pipelines.trigger_watch']>): Promise<void> {
      await this.removeWatch({ ...row, name: row.trigger })
      await tables.insertInto('pipelines.trigger_watch').values(row).execute()
    },

    async removeWatch({ project_id, pipeline, name }: TriggerKey): Promise<void> {
      await tables
        .deleteFrom('pipelines.trigger_watch')
        .where((row) => row.and({ project_id, pipeline, trigger: name }))
        .execute()
    },

    /** Unless it began anew meanwhile. */
    async saveWatch(
      { project_id, pipeline, trigger, started_at }: WatchRow,
      change: Partial<Omit<WatchRow, 'project_id' | 'pipeline' | 'trigger'>>,
    ): Promise<void> {
      await tables
        .updateTable('pipelines.trigger_watch')
        .set(change)
        .where((row) => row.and({ project_id, pipeline, trigger, started_at }))
        .execute()
    },

    /** Whether the look is ours: nobody else has begun one since the row was read. */
    async claimLook({ project_id, pipeline, trigger, looked_at }: WatchRow, now: Date): Promise<boolean> {
      const row = await tables
        .updateTable('pipelines.trigger_watch')
        .set({ looked_at: now })
        .where((watch) => watch.and({ project_id, pipeline, trigger, looked_at }))
        .returning('trigger')
        .executeTakeFirst()
      return row !== undefined
    },

    files(trigger: TriggerKey): Promise<FileRow[]> {
      return filesOf(trigger).selectAll().execute()
    },

    filesTakenBy(trigger: TriggerKey, firing: string): Promise<FileRow[]> {
      return filesOf(trigger).selectAll().where('taken_by', '=', firing).orderBy('path').execute()
    },

    /** Adds files, or says that they are other than they were. */
    async putFiles(
      { project_id, pipeline, name }: TriggerKey,
      files: readonly SeenFile[],
      { since, takenBy }: { readonly since: Date; readonly takenBy: string | null },
    ): Promise<void> {
      if (files.length === 0) return
      await sql`
        insert into pipelines.trigger_file (project_id, pipeline, trigger, path, size_bytes, mtime_ms, etag, since, taken_by)
        select ${project_id}, ${pipeline}, ${name}, f.path, f.size_bytes, f.mtime_ms, f.etag, ${since}, ${takenBy}
        from json_to_recordset(${json(files)}) as f (path text, size_bytes bigint, mtime_ms double precision, etag text)
        on conflict (project_id, pipeline, trigger, path) do update set size_bytes = excluded.size_bytes,
          mtime_ms = excluded.mtime_ms, etag = excluded.etag, since = excluded.since, taken_by = excluded.taken_by, gone_at = null`.execute(
        db,
      )
    },

    async takeFiles({ project_id, pipeline, name }: TriggerKey, paths: readonly string[], firing: string) {
      await tables
        .updateTable('pipelines.trigger_file')
        .set({ taken_by: firing })
        .where((row) => row.and({ project_id, pipeline, trigger: name }))
        .where(sql<boolean>`path = any(${paths})`)
        .execute()
    },

    async markGone({ project_id, pipeline, name }: TriggerKey, paths: readonly string[], at: Date | null) {
      if (paths.length === 0) return
      await tables
        .updateTable('pipelines.trigger_file')
        .set({ gone_at: at })
        .where((row) => row.and({ project_id, pipeline, trigger: name }))
        .where(sql<boolean>`path = any(${paths})`)
        .execute()
    },

    /** What went away before it was taken, or so long ago. */
    async forgetGone({ project_id, pipeline, name }: TriggerKey, before: Date): Promise<void> {
      await tables
        .deleteFrom('pipelines.trigger_file')
        .where((row) => row.and({ project_id, pipeline, trigger: name }))
        .where((row) =>
          row.or([row('gone_at', '<', before), row.and([row('gone_at', 'is not', null), row('taken_by', 'is', null)])]),
        )
        .execute()
    },
  }
}
