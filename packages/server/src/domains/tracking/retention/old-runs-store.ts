import type { RetentionPolicy } from '@evenkeel/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import type { RunRow } from '../run-store.ts'
import type { Aged } from './aged.ts'

type KeepRules = RetentionPolicy['keep']

/** Says on a run since when its files are gone. */
export const strippedTag = 'evenkeel.files_deleted'

/** Runs of an experiment that ended before a moment, and that nothing says to keep. */
export interface OldRuns {
  readonly projectId: string
  readonly experimentId: number
  readonly untilMs: number
  readonly keep: KeepRules
  /** Numbers of runs that stay for being the newest or the best. */
  readonly chosen: readonly number[]
  /** `active`: those that can be deleted. `files`: also deleted ones, unless they are purged or their files are gone. */
  readonly which: { readonly kind: 'active' } | { readonly kind: 'files'; readonly purgedUntilMs: number | null }
}

/** Every query that looks for runs which have had their time. */
export function oldRunsStore(db: Db) {
  const hasTag = (key: string) => sql`exists (
    select from tracking.run_tag t where t.run_number = r.run_number and t.key = ${key} and t.value <> 'false')`
  const lifecycle = ({ which }: OldRuns) =>
    which.kind === 'active'
      ? sql`r.deleted_ms is null`
      : sql`(r.deleted_ms is null or ${which.purgedUntilMs}::bigint is null or r.deleted_ms >= ${which.purgedUntilMs})
          and not ${hasTag(strippedTag)}`
  const aged = (asked: OldRuns) => sql`
    r.project_id = ${asked.projectId} and r.experiment_id = ${asked.experimentId} and ${lifecycle(asked)}
    and r.status not in ('RUNNING', 'SCHEDULED') and coalesce(r.ended_ms, r.started_ms) < ${asked.untilMs}`
  const isChosen = ({ chosen }: OldRuns) => sql`r.run_number = any(${[...chosen]}::bigint[])`

  async function select(asked: OldRuns, more: RawBuilder<unknown>): Promise<RunRow[]> {
    const { rows } = await sql<RunRow>`
      select r.* from tracking.run r
      where ${aged(asked)} and not ${hasTag(asked.keep.tag)} and not ${isChosen(asked)} and ${more}`.execute(db)
    return rows
  }

  async function numbers(query: RawBuilder<{ run_number: number }>): Promise<number[]> {
    return (await query.execute(db)).rows.map(({ run_number }) => run_number)
  }

  return {
    /** Numbers of the runs that stay for being the newest or the best of an experiment. */
    async chosen(projectId: string, experimentId: number, { latest, best }: KeepRules): Promise<number[]> {
      const active = sql`r.project_id = ${projectId} and r.experiment_id = ${experimentId} and r.deleted_ms is null`
      const chosen = await numbers(sql`
        select r.run_number from tracking.run r where ${active} order by r.started_ms desc, r.run_id limit ${latest}`)
      for (const { metric, order, count } of best) {
        const found = await numbers(sql`
          select r.run_number from tracking.run r join tracking.metric_summary s using (run_number)
            join tracking.metric_key k using (key_id)
          where ${active} and k.project_id = ${projectId} and k.key = ${metric} and s.last_value <> 'NaN'
          order by s.last_value ${order === 'max' ? sql`desc` : sql`asc`}, r.run_number limit ${count}`)
        chosen.push(...found)
      }
      return chosen
    },

    page: (asked: OldRuns, after: number, limit: number): Promise<RunRow[]> =>
      select(asked, sql`r.run_number > ${after} order by r.run_number limit ${limit}`),

    /** Those of the runs that still are what was asked for. */
    among: (asked: OldRuns, runNumbers: readonly number[]): Promise<RunRow[]> =>
      select(asked, sql`r.run_number = any(${[...runNumbers]}::bigint[]) order by r.run_number`),

    /** Old runs that stay. */
    async countKept(asked: OldRuns): Promise<{ tagged: number; chosen: number }> {
      const { rows } = await sql<{ tagged: number; chosen: number }>`
        select (count(*) filter (where tagged))::int as tagged,
          (count(*) filter (where chosen and not tagged))::int as chosen
        from (
          select ${hasTag(asked.keep.tag)} as tagged, ${isChosen(asked)} as chosen from tracking.run r where ${aged(asked)}
        ) runs`.execute(db)
      return rows[0]!
    },

    /** Runs that were deleted before a moment. */
    async deleted(
      { projectId, experimentId, untilMs }: Pick<OldRuns, 'projectId' | 'experimentId' | 'untilMs'>,
      after: number,
      limit: number,
    ): Promise<RunRow[]> {
      const { rows } = await sql<RunRow>`
        select * from tracking.run
        where project_id = ${projectId} and experiment_id = ${experimentId} and deleted_ms < ${untilMs}
          and run_number > ${after} order by run_number limit ${limit}`.execute(db)
      return rows
    },

    /** Locks an experiment that was deleted before a moment and holds neither runs nor models. @returns whether it is one */
    async lockEmpty({ projectId, experimentId, untilMs }: Pick<OldRuns, 'projectId' | 'experimentId' | 'untilMs'>) {
      const { rows } = await sql`
        select from tracking.experiment e
        where project_id = ${projectId} and experiment_id = ${experimentId} and experiment_id > 0 and deleted_ms < ${untilMs}
          and not exists (select from tracking.run r
            where r.project_id = e.project_id and r.experiment_id = e.experiment_id)
          and not exists (select from tracking.logged_model m
            where m.project_id = e.project_id and m.experiment_id = e.experiment_id)
        for update`.execute(db)
      return rows.length === 1
    },

    /** Whether an experiment that was deleted before `purgedUntilMs` is empty once so many of its runs are gone. */
    async isEmptyBut(
      { projectId, experimentId, purgedUntilMs }: Pick<Aged, 'projectId' | 'experimentId' | 'purgedUntilMs'>,
      runs: number,
    ): Promise<boolean> {
      const { rows } = await sql<{ left: number }>`
        select (select count(*) from tracking.run r
          where r.project_id = e.project_id and r.experiment_id = e.experiment_id)::int - ${runs}::int as left
        from tracking.experiment e
        where project_id = ${projectId} and experiment_id = ${experimentId} and experiment_id > 0
          and deleted_ms < ${purgedUntilMs}
          and not exists (select from tracking.logged_model m
            where m.project_id = e.project_id and m.experiment_id = e.experiment_id
              and not exists (select from tracking.run r
                where r.project_id = m.project_id and r.run_id = m.source_run_id))`.execute(db)
      return rows[0]?.left === 0
    },

    async deleteExperiment(projectId: string, experimentId: number): Promise<void> {
      await sql`delete from tracking.experiment
        where project_id = ${projectId} and experiment_id = ${experimentId}`.execute(db)
    },
  }
}
