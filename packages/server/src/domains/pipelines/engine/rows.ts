import type { ParamValue, TriggerReason } from '@evenkeel/contract'
import type { Insertable } from 'kysely'
import { type Database, json } from '../../../platform/db.ts'
import type { ApprovalStateRow } from '../approvals/store.ts'
import type { AttemptRow, AttemptStateRow, RunRow, StepRow } from '../store.ts'
import { externalIdOf } from './external-id.ts'
import type { AttemptNow, RunNow, States, StepNow } from './states.ts'

/** Reads the states of a run from its rows. @param approvals - the newest of each step */
export function statesOf(
  run: RunRow,
  steps: readonly StepRow[],
  attempts: readonly AttemptStateRow[],
  approvals: readonly ApprovalStateRow[],
): States {
  const byStep = Map.groupBy(attempts, ({ step_key }) => step_key)
  const asked = new Map(approvals.map((approval) => [approval.step_key, approval]))
  return {
    run: runNow(run),
    steps: steps.map((step) => stepNow(step, byStep.get(step.key) ?? [], asked.get(step.key))),
  }
}

function runNow(row: RunRow): RunNow {
  const { state, reason, started_at, ended_at, deadline_at, cancel_requested_at, cancel_says } = row
  return {
    state,
    reason,
    startedAt: ms(started_at),
    endedAt: ms(ended_at),
    deadlineAt: ms(deadline_at),
    cancel: cancel_requested_at && { at: cancel_requested_at.getTime(), says: cancel_says ?? '' },
    params: row.params as Record<string, ParamValue>,
    trigger: (row.trigger as TriggerReason).kind,
  }
}

const stepNow = (
  row: StepRow,
  attempts: readonly AttemptStateRow[],
  approval: ApprovalStateRow | undefined,
): StepNow => ({
  key: row.key,
  state: row.state,
  reason: row.reason,
  readyAt: ms(row.ready_at),
  startedAt: ms(row.started_at),
  endedAt: ms(row.ended_at),
  countFrom: row.count_from,
  cache: row.cache as StepNow['cache'],
  wants: (row.wants ?? []) as StepNow['wants'],
  values: null,
  // A step that has not come so far in this try of the run was asked in an earlier one.
  approval: approval && row.state !== 'pending' && row.state !== 'ready' ? approvalNow(approval) : null,
  attempts: attempts.map(attemptNow),
})

const approvalNow = ({ state, expires_at, reason }: ApprovalStateRow): StepNow['approval'] => ({
  state,
  expiresAt: expires_at.getTime(),
  says: reason,
})

const attemptNow = (row: AttemptStateRow): AttemptNow => ({
  attempt: row.attempt,
  state: row.state,
  outcome: row.outcome,
  reason: row.reason,
  startedAt: ms(row.started_at),
  endedAt: ms(row.ended_at),
  stop: stopOf(row),
  holds: row.holds as AttemptNow['holds'],
  gpus: row.gpus as AttemptNow['gpus'],
  heartbeatAt: ms(row.heartbeat_at),
})

export const stopOf = ({
  stop_stage,
  stop_why,
  stop_at,
}: Pick<AttemptRow, 'stop_stage' | 'stop_why' | 'stop_at'>): AttemptNow['stop'] =>
  stop_stage && stop_why && stop_at && { stage: stop_stage, why: stop_why, at: stop_at.getTime() }

/** Where new attempts run. */
export interface Place {
  readonly executor: string
  readonly host: string
}

type RunFields = Partial<Insertable<Database['pipelines.run']>>
type NewStep = Insertable<Database['pipelines.step']>
type NewAttempt = Insertable<Database['pipelines.attempt']>

export function runFields({ run }: States): RunFields {
  return {
    state: run.state,
    reason: run.reason,
    started_at: date(run.startedAt),
    ended_at: date(run.endedAt),
    deadline_at: date(run.deadlineAt),
    cancel_requested_at: date(run.cancel?.at ?? null),
    cancel_says: run.cancel?.says ?? null,
  }
}

/** Rows of the steps and attempts that are other objects than before. */
export function changedRows(
  { id, project_id }: Pick<RunRow, 'id' | 'project_id'>,
  before: States,
  after: States,
  placeOf: (step: string) => Place,
  now: Date,
): { steps: NewStep[]; attempts: NewAttempt[] } {
  const old = new Set<unknown>(before.steps.flatMap((step) => [step, ...step.attempts]))
  const changed = after.steps.map((step, position) => ({ step, position })).filter(({ step }) => !old.has(step))
  return {
    steps: changed.map(({ step, position }) => ({ project_id, run_id: id, position, ...stepFields(step) })),
    attempts: changed.flatMap(({ step }) =>
      step.attempts
        .filter((attempt) => !old.has(attempt))
        .map((attempt) => ({
          project_id,
          run_id: id,
          step_key: step.key,
          external_id: externalIdOf(id, { step: step.key, attempt: attempt.attempt }),
          ...placeOf(step.key),
          ...attemptFields(attempt),
          submitted_at: now,
          seen_at: now,
        })),
    ),
  }
}

const stepFields = (step: StepNow) => ({
  key: step.key,
  state: step.state,
  reason: step.reason,
  ready_at: date(step.readyAt),
  started_at: date(step.startedAt),
  ended_at: date(step.endedAt),
  count_from: step.countFrom,
  cache: step.cache && json(step.cache),
  wants: step.wants.length > 0 ? json(step.wants) : null,
})

const attemptFields = ({ attempt, state, outcome, reason, startedAt, endedAt, stop, ...now }: AttemptNow) => ({
  attempt,
  state,
  outcome,
  reason,
  started_at: date(startedAt),
  ended_at: date(endedAt),
  stop_stage: stop?.stage ?? null,
  stop_why: stop?.why ?? null,
  stop_at: date(stop?.at ?? null),
  holds: json(now.holds),
  gpus: json(now.gpus),
  heartbeat_at: date(now.heartbeatAt),
})

const ms = (moment: Date | null): number | null => moment?.getTime() ?? null
const date = (moment: number | null): Date | null => (moment === null ? null : new Date(moment))
