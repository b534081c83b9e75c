import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'

/** Points that one statement deletes. */
const mostPoints = 50_000

/** Every query that deletes for good, or counts what that would take away. */
export function purgeStore(db: Db) {
  const tables = db.$pickTables<'tracking.run' | 'tracking.logged_model' | 'tracking.purged_run'>()

  return {
    async countPoints(runNumbers: readonly number[]): Promise<number> {
      const { rows } = await sql<{ points: number }>`
        select coalesce(sum(point_count), 0)::bigint as points from tracking.metric_summary
        where run_number = any(${[...runNumbers]}::bigint[])`.execute(db)
      return rows[0]!.points
    },

    /** Deletes runs and models with all that belongs to them but the points, whose runs are noted for later. */
    async delete(runNumbers: readonly number[], modelNumbers: readonly number[]): Promise<void> {
      if (modelNumbers.length > 0) {
        await tables.deleteFrom('tracking.logged_model').where('model_number', 'in', modelNumbers).execute()
      }
      if (runNumbers.length === 0) return
      await tables
        .insertInto('tracking.purged_run')
        .values(runNumbers.map((run_number) => ({ run_number })))
        .execute()
      await tables.deleteFrom('tracking.run').where('run_number', 'in', runNumbers).execute()
    },

    /** A run of which points are left; undefined when there is none. */
    async nextPurged(): Promise<number | undefined> {
      const row = await tables.selectFrom('tracking.purged_run').select('run_number').limit(1).executeTakeFirst()
      return row?.run_number
    },

    async deletePoints(runNumber: number): Promise<void> {
      // The number of the run leaves one part of the table, in which a place is one row.
      await sql`
        delete from tracking.metric_point where run_number = ${runNumber} and ctid = any(array(
          select ctid from tracking.metric_point where run_number = ${runNumber} limit ${mostPoints}
        ))`.execute(db)
    },

    /** Forgets a run of which no point is left: another may be deleting them too, so what was deleted tells nothing. */
    async forgetPurged(runNumber: number): Promise<void> {
      await sql`
        delete from tracking.purged_run where run_number = ${runNumber}
          and not exists (select from tracking.metric_point where run_number = ${runNumber})`.execute(db)
    },
  }
}
