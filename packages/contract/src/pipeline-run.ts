import { z } from 'zod'
import { AttemptUsage, RunCost } from './run-cost.ts'
import { StepSource } from './step-source.ts'
import { Name, Timestamp } from './common.ts'
import { ranIn } from './pipeline-target.ts'
import { ParamValue, TriggerReason } from './triggers.ts'
import { RunPriority, StepKey } from './pipeline-spec.ts'
import { AttemptRuntime } from './runtimes.ts'
import { ApprovalState } from './step-approvals.ts'
import { Metric, StepOutput } from './step-results.ts'

export const RunState = z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'])
export type RunState = z.infer<typeof RunState>
export const StepState = z.enum([
  'pending',
  'ready',
  'waiting',
  'running',
  'succeeded',
  'cached',
  'failed',
  'skipped',
  'cancelled',
])
export type StepState = z.infer<typeof StepState>
export const AttemptState = z.enum(['submitting', 'submitted', 'running', 'succeeded', 'failed', 'cancelled', 'lost'])
export type AttemptState = z.infer<typeof AttemptState>
export const AttemptOutcome = z.enum([
  'ok',
  'exit',
  'retry_requested',
  'config',
  'timeout',
  'stalled',
  'signal',
  /** It needed more memory than it was given; only some platforms tell. */
  'oom',
  /** The platform took its machine away. */
  'evicted',
  'lost',
  'submit_failed',
  'input_unavailable',
  'output_missing',
  'cancelled',
])
export type AttemptOutcome = z.infer<typeof AttemptOutcome>

export const Attempt = z.object({
  attempt: z.int(),
  externalId: z.string(),
  /** The target it ran on. */
  executor: z.string(),
  /** What it ran in, by digest; null where there was no image, or nobody knows yet. */
  image: z.string().nullable(),
  state: AttemptState,
  outcome: AttemptOutcome.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  /** What was wrong with what it wrote, and did not stop it. */
  warnings: z.array(z.string()).default([]),
  /** The software it ran with; null where the executor brings its own. */
  runtime: AttemptRuntime.nullable(),
  submittedAt: Timestamp.nullable(),
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  /** Absent until it has ended. */
  usage: AttemptUsage.optional(),
})

/** Why a step ran, or what took its place. */
export const CacheReason = z.enum([
  'reused',
  'command',
  'code',
  'runtime',
  'params',
  'matrix',
  'inputs',
  'env',
  'platform',
  'first',
  'expired',
  'artifact_gone',
  'off',
  'forced',
])
export type CacheReason = z.infer<typeof CacheReason>

export const CacheVerdict = z.object({
  code: CacheReason,
  /** The smallest true sentence: "Reused from the run …", "The param lr is 0.05 and was 0.1." */
  says: z.string(),
  /** The run whose result was taken over. */
  fromRun: z.string().nullable(),
})
export type CacheVerdict = z.infer<typeof CacheVerdict>

/** One part of what a result depends on. */
export const CachePart = z.object({
  part: z.enum(['command', 'code', 'runtime', 'params', 'matrix', 'inputs', 'env', 'platform']),
  /** In words, one line for each difference; empty when nothing is other than before. */
  changes: z.array(z.string()),
})

export const PlannedStepView = z.object({
  key: StepKey,
  /** `unknown`: it depends on what an earlier step will leave. */
  action: z.enum(['run', 'reuse', 'unknown']),
  verdict: CacheVerdict.nullable(),
  says: z.string(),
  /** Where its code was fetched from; null when it is that of the project. */
  source: StepSource.nullable().default(null),
  /** Median of its last 10 successes; null when there is none. */
  typicalDurationMs: z.number().nullable(),
})
export type PlannedStepView = z.infer<typeof PlannedStepView>

export const RunStep = z.object({
  key: StepKey,
  state: StepState,
  reason: z.string().nullable(),
  readyAt: Timestamp.nullable(),
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  /** Small values the step wrote to its output file. */
  values: z.record(z.string(), z.string()),
  outputs: z.record(z.string(), StepOutput),
  /** The newest value of each series. */
  metrics: z.array(Metric).default([]),
  /** Share done in [0, 1], as the step reports it, and what it is doing. */
  progress: z.object({ share: z.number(), says: z.string() }).nullable(),
  /** Null until it is decided. */
  cache: CacheVerdict.nullable(),
  needs: z.array(StepKey),
  /** The request of a step that asks people, once it was made. */
  approval: z.object({ id: z.string(), state: ApprovalState, expiresAt: Timestamp }).nullable(),
  attempts: z.array(Attempt),
})
export type RunStep = z.infer<typeof RunStep>

export const Run = z
  .object({
    id: z.string(),
    pipeline: Name,
    pipelineVersion: z.int(),
    ...ranIn,
    model: Name.nullable(),
    state: RunState,
    reason: z.string().nullable(),
    trigger: TriggerReason,
    params: z.record(z.string(), ParamValue),
    priority: RunPriority,
    commit: z.string(),
    /** `EVENKEEL_SEED` of its steps; absent in runs of earlier releases. */
    seed: z.int().optional(),
    createdBy: z.string(),
    /** The backfill it is a part of. */
    backfill: z.string().optional(),
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    endedAt: Timestamp.nullable(),
    /** Of its attempts that have ended. */
    cost: RunCost.optional(),
    steps: z.array(RunStep),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

/** States from which a run may be cancelled or retried. The server enforces it; the console says why a button is off. */
const runRules = {
  cancel: { states: ['queued', 'running', 'waiting'], otherwise: 'The run has ended; there is nothing to cancel.' },
  retry: { states: ['failed', 'cancelled'], otherwise: 'Only a failed or cancelled run can be retried.' },
} as const satisfies Record<string, { states: readonly RunState[]; otherwise: string }>

/** The reason why an action is not open to a run in this state, or `undefined` when it is. */
export function whyNotRun(action: keyof typeof runRules, state: RunState): string | undefined {
  const rule: { readonly states: readonly RunState[]; readonly otherwise: string } = runRules[action]
  return rule.states.includes(state) ? undefined : rule.otherwise
}
