import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { placeTags } from './trace-store.ts'

/** Traces that belong to a run, or to an experiment. */
export type Owner =
  | { readonly runId: string; readonly experimentId: null }
  | { readonly runId: null; readonly experimentId: number }

type PurgedRow = Owner & { readonly number: number; readonly projectId: string }

/** Traces of an experiment up to a moment, without those that have a tag which says that they stay. */
export interface OldTraces {
  readonly projectId: string
  readonly experimentId: number
  readonly untilMs: number
  readonly keepTag: string
}

/** Every query that deletes traces with their files, a batch at a time. */
export function removalStore(db: Db) {
  const ofOwner = (projectId: string, { runId, experimentId }: Owner) =>
    runId === null
      ? sql`t.project_id = ${projectId} and t.experiment_id = ${experimentId}`
      : sql`t.project_id = ${projectId} and t.metadata ->> 'mlflow.sourceRun' = ${runId}`
  const old = ({ projectId, experimentId, untilMs, keepTag }: OldTraces) => sql`
    t.project_id = ${projectId} and t.experiment_id = ${experimentId} and t.requested_ms < ${untilMs}
    and coalesce(t.tags ->> ${keepTag}::text, 'false') = 'false'`

  /** @returns where the files of those that were deleted lie */
  async function deleteSome(which: RawBuilder<unknown>, limit: number): Promise<string[]> {
    const { rows } = await sql<{ place: string | null }>`
      delete from traces.trace where trace_number in (
        select t.trace_number from traces.trace t where ${which} order by t.trace_number limit ${limit} for update
      ) returning tags ->> ${placeTags.files}::text as place`.execute(db)
    return rows.map(({ place }) => place ?? '')
  }

  return {
    /** Of which a run is the maker; those that were only linked to it count for theirs. */
    async countOfRuns(projectId: string, runIds: readonly string[]): Promise<number> {
      const { rows } = await sql<{ traces: number }>`
        select count(*)::int as traces from traces.trace
        where project_id = ${projectId} and metadata ->> 'mlflow.sourceRun' = any(${[...runIds]}::text[])`.execute(db)
      return rows[0]!.traces
    },

    async countOld(asked: OldTraces): Promise<number> {
      const { rows } = await sql<{ traces: number }>`
        select count(*)::int as traces from traces.trace t where ${old(asked)}`.execute(db)
      return rows[0]!.traces
    },

    deleteOld: (asked: OldTraces, limit: number): Promise<string[]> => deleteSome(old(asked), limit),

    deleteOf: ({ projectId, ...owner }: PurgedRow, limit: number): Promise<string[]> =>
      deleteSome(ofOwner(projectId, owner), limit),

    async notePurged(projectId: string, owners: readonly Owner[]): Promise<void> {
      const runs = owners.map(({ runId }) => runId)
      const experiments = owners.map(({ experimentId }) => experimentId)
      await sql`insert into traces.purged (project_id, run_id, experiment_id)
        select ${projectId}, * from unnest(${runs}::text[], ${experiments}::bigint[])`.execute(db)
      await sql`delete from traces.run_link l using traces.trace t
        where t.trace_number = l.trace_number and t.project_id = ${projectId} and l.run_id = any(${runs}::text[])`.execute(
        db,
      )
    },

    async nextPurged(): Promise<PurgedRow | undefined> {
      const { rows } = await sql<PurgedRow>`
        select number, project_id as "projectId", run_id as "runId", experiment_id as "experimentId"
        from traces.purged order by number limit 1`.execute(db)
      return rows[0]
    },

    async forgetPurged({ number }: PurgedRow): Promise<void> {
      await sql`delete from traces.purged where number = ${number}`.execute(db)
    },
  }
}
