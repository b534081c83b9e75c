import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { type KeyValue, pairs } from './pairs.ts'
import type { RunRow } from './run-store.ts'

/** Every write on many runs at once. Runs are named by their numbers, and locked before. */
export function runChangeStore(db: Db) {
  const tables = db.$pickTables<'tracking.run' | 'tracking.run_tag' | 'tracking.logged_model'>()
  const among = (numbers: readonly number[]) => sql<number>`any(${[...numbers]}::bigint[])`

  const runs = (projectId: string, runIds: readonly string[]) =>
    tables
      .selectFrom('tracking.run')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('run_id', '=', sql<string>`any(${[...runIds]}::text[])`)
      .orderBy('run_number')

  return {
    find: (projectId: string, runIds: readonly string[]): Promise<RunRow[]> => runs(projectId, runIds).execute(),

    /** Reads runs and keeps everyone else from writing to them; all lock in the same order, so nobody waits in a circle. */
    lock: (projectId: string, runIds: readonly string[]): Promise<RunRow[]> =>
      runs(projectId, runIds).forUpdate().execute(),

    async rename(numbers: readonly number[], name: string): Promise<void> {
      await tables.updateTable('tracking.run').set({ name }).where('run_number', '=', among(numbers)).execute()
    },

    /** @param tags - no key twice */
    async putTags(numbers: readonly number[], tags: readonly KeyValue[]): Promise<void> {
      await sql`
        insert into tracking.run_tag as t (run_number, key, value)
        select run_number, key, value from unnest(${[...numbers]}::bigint[]) r (run_number), ${pairs(tags)}
        order by run_number, key
        on conflict (run_number, key) do update set value = excluded.value where t.value <> excluded.value`.execute(db)
    },

    async deleteTags(numbers: readonly number[], keys: readonly string[]): Promise<void> {
      await tables
        .deleteFrom('tracking.run_tag')
        .where('run_number', '=', among(numbers))
        .where('key', '=', sql<string>`any(${[...keys]}::text[])`)
        .execute()
    },

    /** The models that runs logged go with them; data sets that they read are noted in the other experiment too. */
    async move(projectId: string, rows: readonly RunRow[], experimentId: number): Promise<void> {
      const numbers = rows.map(({ run_number }) => run_number)
      const runIds = rows.map(({ run_id }) => run_id)
      await tables
        .updateTable('tracking.run')
        .set({ experiment_id: experimentId })
        .where('run_number', '=', among(numbers))
        .execute()
      await tables
        .updateTable('tracking.logged_model')
        .set({ experiment_id: experimentId })
        .where('project_id', '=', projectId)
        .where('source_run_id', '=', sql<string>`any(${runIds}::text[])`)
        .execute()
      await sql`
        insert into tracking.dataset (project_id, experiment_id, name, digest, source_type, source, schema, profile)
        select distinct on (d.name, d.digest)
          d.project_id, ${experimentId}::bigint, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
        from tracking.run_dataset i join tracking.dataset d using (dataset_number)
        where i.run_number = ${among(numbers)} order by d.name, d.digest
        on conflict do nothing`.execute(db)
      await sql`
        update tracking.run_dataset i set dataset_number = there.dataset_number
        from tracking.dataset here join tracking.dataset there
          on there.project_id = here.project_id and there.name = here.name and there.digest = here.digest
        where i.run_number = ${among(numbers)} and here.dataset_number = i.dataset_number
          and there.experiment_id = ${experimentId} and here.experiment_id <> ${experimentId}`.execute(db)
    },

    /** Deletes or restores those that are not it yet. @returns how many */
    async setDeleted(numbers: readonly number[], deletedMs: number | null): Promise<number> {
      const { numUpdatedRows } = await tables
        .updateTable('tracking.run')
        .set({ deleted_ms: deletedMs })
        .where('run_number', '=', among(numbers))
        .where('deleted_ms', deletedMs === null ? 'is not' : 'is', null)
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },
  }
}
