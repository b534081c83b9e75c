import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { Point } from './batch.ts'
import { numbers } from './numbers.ts'
import { lockedRun, type RunKey, type RunState } from './run-store.ts'

/** Runs whose points somebody wants to read. */
export interface RunsKey {
  readonly projectId: string
  readonly runIds: readonly string[]
}

/** What one fold takes at most, so that whoever waits for another run has its turn within a second. */
const mostEntries = 5000
const mostPoints = 20_000

const isNewer = sql`(excluded.last_step, excluded.last_timestamp_ms, excluded.last_value)
  > (s.last_step, s.last_timestamp_ms, s.last_value)`

const newer = (column: 'last_step' | 'last_timestamp_ms' | 'last_value') => {
  const name = sql.raw(column)
  return sql`${name} = case when ${isNewer} then excluded.${name} else s.${name} end`
}

/** Entries of some runs, or of all. */
const ofRuns = (runs: RunsKey | undefined): RawBuilder<unknown> =>
  runs
    ? sql`run_number = any(array(
        select run_number from tracking.run
        where project_id = ${runs.projectId} and run_id = any(${[...runs.runIds]}::text[])))`
    : sql`true`

/** Every query on points that are kept and not yet folded. */
export function journalStore(db: Db) {
  return {
    /** Keeps points of an active run, as one entry. */
    async add(
      run: RunKey,
      points: readonly Point[],
      keyIds: ReadonlyMap<string, number>,
    ): Promise<RunState | undefined> {
      const column = (type: 'int' | 'bigint' | 'float8', pick: (point: Point) => number | bigint) =>
        numbers(points.map(pick), type)
      const { rows } = await sql<RunState>`
        with ${lockedRun(run)}, added as (
          insert into tracking.metric_journal (run_number, point_count, key_ids, steps, timestamps_ms, values)
          select run_number, ${points.length}::int, ${column('int', ({ key }) => keyIds.get(key)!)},
            ${column('bigint', ({ step }) => step)}, ${column('bigint', ({ timestampMs }) => timestampMs)},
            ${column('float8', ({ value }) => value)}
          from run where deleted_ms is null
        )
        select * from run`.execute(db)
      return rows[0]
    },

    /** The number of the newest entry; null when there is none. */
    async newest(runs: RunsKey | undefined): Promise<number | null> {
      const { rows } = await sql<{ newest: number | null }>`
        select max(entry_number) as newest from tracking.metric_journal where ${ofRuns(runs)}`.execute(db)
      return rows[0]!.newest
    },

    /** One folds at a time, of all servers; in a transaction, and before the statement that folds. */
    async takeTurn(): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtext('evenkeel.metric_journal'))`.execute(db)
    },

    /**
     * Moves the oldest entries to where points are read, and brings summaries up to date out of what was new: a batch
     * that came twice counts once. What was written to a run that is gone is dropped. Runs are locked in rising order, as
     * by everyone else, and before anything that is deleted with them.
     *
     * @param last - the number of the newest entry that may be taken
     * @param ifThere - what happens to a point that the run has: `skip` looks for each, `fail` costs a third less
     * @returns whether there may be more
     */
    async fold(runs: RunsKey | undefined, last: number, ifThere: 'skip' | 'fail'): Promise<boolean> {
      const { rows } = await sql<{ entries: number; points: number }>`
        with candidate as (
          select entry_number, sum(point_count) over (order by entry_number) - point_count as points_before
          from (
            select entry_number, point_count from tracking.metric_journal
            where entry_number <= ${last} and ${ofRuns(runs)} order by entry_number limit ${mostEntries}
          ) oldest
        ), entry as (
          delete from tracking.metric_journal where entry_number = any(array(
            select entry_number from candidate where points_before < ${mostPoints}
          ))
          returning *
        ), run as (
          select run_number from tracking.run where run_number = any(array(select run_number from entry))
          order by run_number for key share
        ), added as (
          insert into tracking.metric_point (run_number, key_id, step, timestamp_ms, value)
          select distinct run_number, sent.* from run join entry using (run_number),
            unnest(key_ids, steps, timestamps_ms, values) as sent (key_id, step, timestamp_ms, value)
          order by run_number, key_id, step, timestamp_ms, value
          ${sql.raw(ifThere === 'skip' ? 'on conflict do nothing' : '')}
          returning run_number, key_id, step, timestamp_ms, value
        ), summarised as (
          insert into tracking.metric_summary as s
            (run_number, key_id, last_step, last_timestamp_ms, last_value, min_value, max_value, point_count)
          select distinct on (run_number, key_id) run_number, key_id, step, timestamp_ms, value,
            min(value) filter (where value <> 'NaN') over metric,
            max(value) filter (where value <> 'NaN') over metric,
            count(*) over metric
          from added window metric as (partition by run_number, key_id)
          order by run_number, key_id, step desc, timestamp_ms desc, value desc
          on conflict (run_number, key_id) do update set
            ${newer('last_step')}, ${newer('last_timestamp_ms')}, ${newer('last_value')},
            min_value = least(s.min_value, excluded.min_value),
            max_value = greatest(s.max_value, excluded.max_value),
            point_count = s.point_count + excluded.point_count
        )
        select count(*) as entries, coalesce(sum(point_count), 0)::bigint as points from entry`.execute(db)
      const { entries, points } = rows[0]!
      return entries === mostEntries || points >= mostPoints
    },
  }
}
