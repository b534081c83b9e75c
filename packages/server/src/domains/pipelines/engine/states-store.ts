import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import { documentOf } from '../../../platform/storable.ts'
import type { AttemptRow } from '../store.ts'
import type { ChangedAttempt, ChangedStep, RunFields } from './rows.ts'

/** What of a run is other than before. */
export interface Changed {
  readonly run: RunFields
  readonly wakeAt: Date | null
  readonly now: Date
  readonly steps: readonly ChangedStep[]
  readonly attempts: readonly ChangedAttempt[]
}

interface LeftBehind {
  readonly step_key: string
  readonly attempt: number
  readonly small_values: object
  readonly outputs: object
}

interface Target {
  readonly projectId: string
  readonly runId: string
}

/** Writes the states of runs: rows travel as one document each, because statements and their values cost the most. */
export function statesStore(db: Db) {
  return {
    /** Stores all of it at once. @returns the attempts as they are now */
    async saveStates(
      { projectId, runId }: Target,
      { run, wakeAt, now, steps, attempts }: Changed,
    ): Promise<AttemptRow[]> {
      const { rows } = await sql<AttemptRow>`
        with changed_run as (
          update pipelines.run set
            state = ${run.state}, reason = ${run.reason}, started_at = ${run.started_at}, ended_at = ${run.ended_at},
            deadline_at = ${run.deadline_at}, cancel_requested_at = ${run.cancel_requested_at},
            cancel_says = ${run.cancel_says}, wake_at = ${wakeAt}, looked_at = ${now}, revision = revision + 1
          where id = ${runId}
        ), changed_steps as (${upsertSteps({ projectId, runId }, steps)})
        insert into pipelines.attempt (
          project_id, run_id, step_key, attempt, external_id, executor, host, handle, state, outcome, exit_code, reason,
          stop_stage, stop_why, stop_at, submitted_at, started_at, seen_at, ended_at, heartbeat_at, holds, gpus
        )
        select ${projectId}, ${runId}, step_key, attempt, external_id, executor, host, handle, state, outcome, exit_code,
          reason, stop_stage, stop_why, stop_at, ${now}::timestamptz, started_at, ${now}::timestamptz, ended_at,
          heartbeat_at, holds, gpus
        from jsonb_to_recordset(${documentOf(attempts)}::jsonb) as a(
          step_key text, attempt int, external_id text, executor text, host text, handle text, state text, outcome text,
          exit_code int, reason text, stop_stage text, stop_why text, stop_at timestamptz, started_at timestamptz,
          ended_at timestamptz, heartbeat_at timestamptz, holds jsonb, gpus jsonb
        )
        on conflict (run_id, step_key, attempt) do update set
          state = excluded.state, outcome = excluded.outcome, reason = excluded.reason,
          stop_stage = excluded.stop_stage, stop_why = excluded.stop_why, stop_at = excluded.stop_at,
          started_at = excluded.started_at, ended_at = excluded.ended_at, heartbeat_at = excluded.heartbeat_at,
          -- Told once, or never; what was told before stays.
          handle = coalesce(excluded.handle, attempt.handle),
          exit_code = coalesce(excluded.exit_code, attempt.exit_code)
        returning *`.execute(db)
      return rows
    },

    /** What attempts have left: before anything is decided about the steps that read it. */
    async saveLeft({ runId }: Target, left: readonly LeftBehind[]): Promise<void> {
      await sql`
        update pipelines.attempt a set small_values = l.small_values, outputs = l.outputs
        from jsonb_to_recordset(${documentOf(left)}::jsonb) as l(
          step_key text, attempt int, small_values jsonb, outputs jsonb
        )
        where a.run_id = ${runId} and a.step_key = l.step_key and a.attempt = l.attempt`.execute(db)
    },

    async saveSteps(target: Target, steps: readonly ChangedStep[]): Promise<void> {
      await upsertSteps(target, steps).execute(db)
    },
  }
}

const upsertSteps = ({ projectId, runId }: Target, steps: readonly ChangedStep[]): RawBuilder<unknown> => sql`
  insert into pipelines.step (
    project_id, run_id, key, position, state, reason, ready_at, started_at, ended_at, count_from, cache, wants
  )
  select ${projectId}, ${runId}, key, position, state, reason, ready_at, started_at, ended_at, count_from, cache, wants
  from jsonb_to_recordset(${documentOf(steps)}::jsonb) as s(
    key text, position int, state text, reason text, ready_at timestamptz, started_at timestamptz,
    ended_at timestamptz, count_from int, cache jsonb, wants jsonb
  )
  on conflict (run_id, key) do update set
    state = excluded.state, reason = excluded.reason, ready_at = excluded.ready_at, started_at = excluded.started_at,
    ended_at = excluded.ended_at, count_from = excluded.count_from, cache = excluded.cache, wants = excluded.wants`
