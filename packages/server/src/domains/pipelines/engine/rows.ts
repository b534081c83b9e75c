import type { ParamValue, TriggerReason } from '@evenkeel/contract'
import type { ApprovalStateRow } from '../approvals/store.ts'
import type { AttemptRow, AttemptStateRow, RunRow, StepRow } from '../store.ts'
import type { AttemptKey } from './decide.ts'
import { externalIdOf } from './external-id.ts'
import type { Harvest } from './harvest.ts'
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
  left: null,
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

/** What the executor tells of an attempt, beside its state. */
export interface AttemptReport {
  readonly of: AttemptKey
  /** What is absent stays as it is. */
  readonly tells: {
    readonly handle?: string
    readonly exit_code?: number
  }
  readonly left?: Harvest
}

export type RunFields = ReturnType<typeof runFields>
export type ChangedStep = ReturnType<typeof changedSteps>[number]
export type ChangedAttempt = ReturnType<typeof changedAttempts>[number]

export const runFields = ({ run }: States) => ({
  state: run.state,
  reason: run.reason,
  started_at: date(run.startedAt),
  ended_at: date(run.endedAt),
  deadline_at: date(run.deadlineAt),
  cancel_requested_at: date(run.cancel?.at ?? null),
  cancel_says: run.cancel?.says ?? null,
})

/** Rows of the attempts that left something. */
export const leftRows = (reports: readonly AttemptReport[]) =>
  reports.flatMap(({ of, left }) =>
    left && Object.keys(left.values).length + Object.keys(left.outputs).length > 0
      ? [{ step_key: of.step, attempt: of.attempt, small_values: left.values, outputs: left.outputs }]
      : [],
  )

/** Rows of the steps that are other objects than before. */
export const changedSteps = (before: States, after: States) =>
  others(before, after).map(({ step, position }) => ({ ...stepFields(step), position }))

/** Rows of the attempts that are other objects than before, or that something is reported of. */
export function changedAttempts(
  runId: string,
  { before, after, reports }: { before: States; after: States; reports: readonly AttemptReport[] },
  placeOf: (step: string) => Place,
) {
  const steps = others(before, after).map(({ step }) => step)
  const changed = new Set(steps.map(({ key }) => key))
  const old = new Set(before.steps.flatMap(({ key, attempts }) => (changed.has(key) ? attempts : [])))
  const reported = new Map(reports.map(({ of, tells }) => [nameOf(of), tells]))
  return steps.flatMap(({ key, attempts }) =>
    attempts
      .filter((attempt) => !old.has(attempt) || reported.has(nameOf({ step: key, ...attempt })))
      .map((attempt) => ({
        step_key: key,
        external_id: externalIdOf(runId, { step: key, attempt: attempt.attempt }),
        ...placeOf(key),
        ...attemptFields(attempt),
        ...reported.get(nameOf({ step: key, ...attempt })),
      })),
  )
}

/** Steps that are other objects than before. Nearly all stay, and in their places. */
function others(before: States, after: States): { readonly step: StepNow; readonly position: number }[] {
  const found: { step: StepNow; position: number }[] = []
  for (const [position, step] of after.steps.entries())
    if (before.steps[position] !== step) found.push({ step, position })
  if (before.steps.length === after.steps.length) return found
  const old = new Set(before.steps)
  return found.filter(({ step }) => !old.has(step))
}

const nameOf = ({ step, attempt }: AttemptKey) => `${attempt} ${step}`

const stepFields = (step: StepNow) => ({
  key: step.key,
  state: step.state,
  reason: step.reason,
  ready_at: date(step.readyAt),
  started_at: date(step.startedAt),
  ended_at: date(step.endedAt),
  count_from: step.countFrom,
  cache: step.cache,
  wants: step.wants.length > 0 ? step.wants : null,
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
  holds: now.holds,
  gpus: now.gpus,
  heartbeat_at: date(now.heartbeatAt),
})

const ms = (moment: Date | null): number | null => moment?.getTime() ?? null
const date = (moment: number | null): Date | null => (moment === null ? null : new Date(moment))
