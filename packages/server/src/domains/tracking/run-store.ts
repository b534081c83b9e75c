import type { RunStatus } from '@evenkeel/contract'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import type { ExperimentKey } from './experiment-store.ts'
import { type KeyValue, pairs } from './pairs.ts'

export interface RunKey {
  readonly projectId: string
  readonly runId: string
}

export type RunRow = Selectable<Database['tracking.run']>

/** What every writer must know of the run. */
export interface RunState {
  readonly run_number: number
  readonly deleted_ms: number | null
}

export interface NewRun {
  readonly runId: string
  readonly name: string
  readonly userId: string
  readonly startedMs: number
}

export interface RunChange {
  readonly status?: RunStatus | undefined
  readonly endedMs?: number | undefined
  readonly name?: string | undefined
}

/**
 * A `with` part: the run, locked until the statement's transaction ends. Writers share the lock; deleting takes it for
 * itself, so nothing is written to a run that is being deleted.
 */
export const lockedRun = ({ projectId, runId }: RunKey): RawBuilder<unknown> => sql`run as (
  select run_number, deleted_ms from tracking.run
  where project_id = ${projectId} and run_id = ${runId} for key share
)`

/** Below the location of the experiment, which may end with slashes or a query. */
const artifactUri = (runId: string) =>
  sql`regexp_replace(artifact_location, '/*($|[?#].*$)', ${`/${runId}/artifacts\\1`})`

const whileActive = (column: keyof RunRow, value: string | number | undefined) =>
  value === undefined ? sql.ref(column) : sql`case when deleted_ms is null then ${value} else ${sql.ref(column)} end`

/** Every query on the row of a run. */
export function runStore(db: Db) {
  const tables = db.$pickTables<'tracking.run'>()

  return {
    /**
     * Adds a run and its tags to an active experiment.
     *
     * @param tags - no key twice
     * @returns the state of the experiment, and where the files of the run lie when it was added
     */
    async add({ projectId, experimentId }: ExperimentKey, run: NewRun, tags: readonly KeyValue[]) {
      const { rows } = await sql<{ deleted_ms: number | null; artifact_uri: string }>`
        with experiment as (
          select artifact_location, deleted_ms from tracking.experiment
          where project_id = ${projectId} and experiment_id = ${experimentId} for key share
        ), added as (
          insert into tracking.run
            (project_id, run_id, experiment_id, name, user_id, status, started_ms, artifact_uri)
          select ${projectId}, ${run.runId}, ${experimentId}, ${run.name}, ${run.userId}, 'RUNNING', ${run.startedMs},
            ${artifactUri(run.runId)}
          from experiment where deleted_ms is null
          returning run_number, artifact_uri
        ), tagged as (
          insert into tracking.run_tag (run_number, key, value)
          select run_number, key, value from added, ${pairs(tags)}
        )
        select deleted_ms, coalesce(artifact_uri, '') as artifact_uri
        from experiment left join added on true`.execute(db)
      return rows[0]
    },

    /** Reads a run's state and keeps it from being deleted until the transaction ends. */
    async share(run: RunKey): Promise<RunState | undefined> {
      const { rows } = await sql<RunState>`with ${lockedRun(run)} select * from run`.execute(db)
      return rows[0]
    },

    find: ({ projectId, runId }: RunKey): Promise<RunRow | undefined> =>
      tables
        .selectFrom('tracking.run')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('run_id', '=', runId)
        .executeTakeFirst(),

    /** Reads a run and keeps everyone else from writing to it until the transaction ends. */
    lock: ({ projectId, runId }: RunKey): Promise<RunRow | undefined> =>
      tables
        .selectFrom('tracking.run')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('run_id', '=', runId)
        .forUpdate()
        .executeTakeFirst(),

    /** Changes a run unless it is deleted; what is absent stays. @returns the run as it is now */
    async change({ projectId, runId }: RunKey, { status, endedMs, name }: RunChange): Promise<RunRow | undefined> {
      const { rows } = await sql<RunRow>`
        update tracking.run set
          status = ${whileActive('status', status)},
          ended_ms = ${whileActive('ended_ms', endedMs)},
          name = ${whileActive('name', name)}
        where project_id = ${projectId} and run_id = ${runId}
        returning *`.execute(db)
      return rows[0]
    },

    async setDeleted(runNumber: number, deletedMs: number | null): Promise<void> {
      await tables
        .updateTable('tracking.run')
        .set({ deleted_ms: deletedMs })
        .where('run_number', '=', runNumber)
        .execute()
    },

    /** Deletes the active runs of an experiment; `lock` first, or what is being written to them would be lost. */
    async deleteOf({ projectId, experimentId }: ExperimentKey, deletedMs: number): Promise<void> {
      await sql`with runs as (
          select run_number from tracking.run
          where project_id = ${projectId} and experiment_id = ${experimentId} and deleted_ms is null
          order by run_number for update
        )
        update tracking.run set deleted_ms = ${deletedMs}
        where run_number in (select run_number from runs)`.execute(db)
    },

    /** Restores the runs that were deleted with their experiment, and not those that were deleted before. */
    async restoreOf({ projectId, experimentId }: ExperimentKey, deletedMs: number): Promise<void> {
      await tables
        .updateTable('tracking.run')
        .set({ deleted_ms: null })
        .where('project_id', '=', projectId)
        .where('experiment_id', '=', experimentId)
        .where('deleted_ms', '=', deletedMs)
        .execute()
    },
  }
}
