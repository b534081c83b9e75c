import type {
  ApprovalSpec,
  AttemptOutcome,
  AttemptState,
  CacheVerdict,
  MatrixSpec,
  ParamValue,
  PipelineSpec,
  RunState,
  StepSpec,
  StepState,
} from '@evenkeel/contract'
import type { ApprovalNow } from './asking.ts'
import type { Claim } from './places.ts'

/** What is fixed when a run is created. `decide` needs no more of it than this. */
export interface Plan {
  readonly steps: readonly PlannedStep[]
  /** Attempts of this run that may live at the same time, >= 1. */
  readonly maxLiveAttempts: number
  /** From its begin; null: a run may take as long as it takes. */
  readonly timeoutMs: number | null
  readonly concurrency: NonNullable<PipelineSpec['concurrency']> | null
}

export interface PlannedStep {
  readonly key: string
  /** Every step that must have ended before: those named, and those an input comes from. */
  readonly needs: readonly string[]
  readonly when: StepSpec['when']
  readonly allowFailure: boolean
  /** Attempts after the first that a failure of the code is given. */
  readonly retries: number
  /** What else than these is not tried again. */
  readonly retryOn: StepSpec['retryOn']
  readonly retryDelay: RetryDelay
  readonly timeoutMs: number
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number
  /** Silence that ends an attempt; null: silence means nothing. */
  readonly heartbeatMs: number | null
  /** What each attempt holds while it lives. */
  readonly claims: readonly Claim[]
  /** Instances of its matrix that may live at the same time; null: any number. */
  readonly maxParallel: number | null
  /** Its failure ends the others of its matrix. */
  readonly failFast: boolean
  /** The values that make it one of a matrix. */
  readonly matrix: Readonly<Record<string, ParamValue>>
  /** It stands for all steps of a matrix, until a step before has listed them. */
  readonly expand: MatrixSpec | null
  /** In place of a command: whom it asks. */
  readonly approval: ApprovalSpec | null
}

export interface RetryDelay {
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
}

/** All that changes while a run lives. Moments are epoch milliseconds. */
export interface States {
  readonly run: RunNow
  readonly steps: readonly StepNow[]
}

export interface RunNow {
  readonly state: RunState
  readonly reason: string | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** When its timeout ends; null until it begins. */
  readonly deadlineAt: number | null
  readonly cancel: { readonly at: number; readonly says: string } | null
  readonly params: Readonly<Record<string, ParamValue>>
  /** What kind of occasion started it. */
  readonly trigger: string
}

/** What conditions read of what a step has left. */
export interface StepLeft {
  readonly values: Readonly<Record<string, string>>
  /** The newest value of each metric without labels; it may be NaN. */
  readonly metrics: Readonly<Record<string, number>>
}

export interface StepNow {
  readonly key: string
  readonly state: StepState
  readonly reason: string | null
  readonly readyAt: number | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** Attempts before this number belong to an earlier try of the run and use up no budget. */
  readonly countFrom: number
  /** Null until somebody has looked for an earlier result. */
  readonly cache: CacheVerdict | null
  /** What it waits for; empty while it waits for no place. */
  readonly wants: readonly Claim[]
  /** Small values and metrics it has left; null until somebody needs them and they are read. */
  readonly left: StepLeft | null
  /** What became of its request; null until people are asked. */
  readonly approval: ApprovalNow | null
  /** Oldest first. */
  readonly attempts: readonly AttemptNow[]
}

export interface AttemptNow {
  readonly attempt: number
  readonly state: AttemptState
  readonly outcome: AttemptOutcome | null
  readonly reason: string | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly stop: Stop | null
  /** What it has for as long as it lives. */
  readonly holds: readonly Claim[]
  /** Indexes of its GPUs. */
  readonly gpus: readonly number[]
  /** Last sign of life, once somebody has found it silent for too long. */
  readonly heartbeatAt: number | null
}

/** `run_timeout`: the run took too long. `fail_fast`: another one of its matrix failed. */
export type StopWhy = 'timeout' | 'stalled' | 'cancelled' | 'run_timeout' | 'fail_fast'

export interface Stop {
  readonly stage: 'term' | 'kill'
  readonly why: StopWhy
  readonly at: number
}

export const isLive = ({ state }: AttemptNow): boolean =>
  state === 'submitting' || state === 'submitted' || state === 'running'

/** Steps with the attempt of theirs that lives: only the newest one ever does. */
export function liveOf(steps: readonly StepNow[]): { readonly key: string; readonly live: AttemptNow }[] {
  const found: { key: string; live: AttemptNow }[] = []
  for (const { key, attempts } of steps) {
    const newest = attempts.at(-1)
    if (newest && isLive(newest)) found.push({ key, live: newest })
  }
  return found
}

export const hasEnded = ({ state }: { readonly state: RunState | StepState }): boolean => endStates.has(state)

const endStates: ReadonlySet<RunState | StepState> = new Set([
  'succeeded',
  'cached',
  'failed',
  'skipped',
  'cancelled',
] as const)

/** Replaces one step; the others stay the same objects, so that only what changed is written. */
export function changeStep(states: States, key: string, change: (step: StepNow) => StepNow): States {
  return { ...states, steps: states.steps.map((step) => (step.key === key ? change(step) : step)) }
}

export function changeAttempt(
  states: States,
  { step: key, attempt }: { readonly step: string; readonly attempt: number },
  change: (attempt: AttemptNow) => AttemptNow,
): States {
  return changeStep(states, key, (step) => ({
    ...step,
    attempts: step.attempts.map((one) => (one.attempt === attempt ? change(one) : one)),
  }))
}
