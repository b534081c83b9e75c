import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { type KeyValue, pairs } from './pairs.ts'
import { lockedRun, type RunKey, type RunState } from './run-store.ts'

/** Every query on params and tags of a run. Rows are written in the order of their keys, so that no two writers wait for each other. */
export function valueStore(db: Db) {
  const tables = db.$pickTables<'tracking.run_param' | 'tracking.run_tag'>()

  return {
    /** Writes the params that the run does not have. @returns also how many were written */
    async addParams(run: RunKey, params: readonly KeyValue[]): Promise<(RunState & { written: number }) | undefined> {
      const { rows } = await sql<RunState & { written: number }>`
        with ${lockedRun(run)}, written as (
          insert into tracking.run_param (run_number, key, value)
          select run_number, key, value from run, ${pairs(params)}
          where deleted_ms is null order by key
          on conflict do nothing
          returning key
        )
        select run.*, (select count(*)::int from written) as written from run`.execute(db)
      return rows[0]
    },

    /** Of params that are sent again, those that the run has with another value. */
    async changedParams(runNumber: number, params: readonly KeyValue[]) {
      const { rows } = await sql<{ key: string; old_value: string; new_value: string }>`
        select key, p.value as old_value, sent.value as new_value
        from tracking.run_param p join ${pairs(params)} using (key)
        where p.run_number = ${runNumber} and p.value <> sent.value order by key`.execute(db)
      return rows
    },

    /** @param tags - no key twice */
    async putTags(run: RunKey, tags: readonly KeyValue[]): Promise<RunState | undefined> {
      const { rows } = await sql<RunState>`
        with ${lockedRun(run)}, written as (
          insert into tracking.run_tag as t (run_number, key, value)
          select run_number, key, value from run, ${pairs(tags)}
          where deleted_ms is null order by key
          on conflict (run_number, key) do update set value = excluded.value where t.value <> excluded.value
        )
        select * from run`.execute(db)
      return rows[0]
    },

    /** @returns also how many were there */
    async deleteTag(run: RunKey, key: string): Promise<(RunState & { deleted: number }) | undefined> {
      const { rows } = await sql<RunState & { deleted: number }>`
        with ${lockedRun(run)}, gone as (
          delete from tracking.run_tag t using run
          where t.run_number = run.run_number and run.deleted_ms is null and t.key = ${key}
          returning t.key
        )
        select run.*, (select count(*)::int from gone) as deleted from run`.execute(db)
      return rows[0]
    },

    async findTag(runNumber: number, key: string): Promise<string | undefined> {
      const row = await tables
        .selectFrom('tracking.run_tag')
        .select('value')
        .where('run_number', '=', runNumber)
        .where('key', '=', key)
        .executeTakeFirst()
      return row?.value
    },
  }
}
