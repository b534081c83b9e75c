import { z } from 'zod'
import { Digest, EventBase, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'
import { Firing, ParamValue, TriggerReason, TriggerSpec, WrittenTrigger } from './triggers.ts'
import { PipelineSpec, StepKey } from './pipeline-spec.ts'

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
  'signal',
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
  executor: z.string(),
  state: AttemptState,
  outcome: AttemptOutcome.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  submittedAt: Timestamp.nullable(),
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
})

/** Why a step ran, or what took its place. */
export const CacheReason = z.enum([
  'reused',
  'command',
  'code',
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
  part: z.enum(['command', 'code', 'params', 'matrix', 'inputs', 'env', 'platform']),
  /** In words, one line for each difference; empty when nothing is other than before. */
  changes: z.array(z.string()),
})

export const PlannedStepView = z.object({
  key: StepKey,
  /** `unknown`: it depends on what an earlier step will leave. */
  action: z.enum(['run', 'reuse', 'unknown']),
  verdict: CacheVerdict.nullable(),
  says: z.string(),
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
  outputs: z.record(z.string(), z.object({ digest: Digest, sizeBytes: z.int() })),
  /** Share done in [0, 1], as the step reports it, and what it is doing. */
  progress: z.object({ share: z.number(), says: z.string() }).nullable(),
  /** Null until it is decided. */
  cache: CacheVerdict.nullable(),
  needs: z.array(StepKey),
  attempts: z.array(Attempt),
})
export type RunStep = z.infer<typeof RunStep>

export const Run = z
  .object({
    id: z.string(),
    pipeline: Name,
    pipelineVersion: z.int(),
    model: Name.nullable(),
    state: RunState,
    reason: z.string().nullable(),
    trigger: TriggerReason,
    params: z.record(z.string(), ParamValue),
    commit: z.string(),
    createdBy: z.string(),
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    endedAt: Timestamp.nullable(),
    steps: z.array(RunStep),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

export const Pipeline = z
  .object({
    name: Name,
    version: z.int(),
    spec: PipelineSpec,
    runCount: z.int(),
    lastRun: Run.nullable(),
    triggers: z.array(z.object({ name: Name, spec: TriggerSpec })),
  })
  .meta({ id: 'Pipeline' })
export type Pipeline = z.infer<typeof Pipeline>

/** A pipeline as it was written once; immutable. */
export const PipelineVersion = z.object({
  version: z.int(),
  spec: PipelineSpec,
  createdBy: z.string(),
  createdAt: Timestamp,
})
export type PipelineVersion = z.infer<typeof PipelineVersion>

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

export const pipelinesErrors = defineErrors({
  'pipelines.not_found': {
    status: 404,
    message: 'No such pipeline.',
    fix: 'List the pipelines to find one.',
    details: z.object({ pipeline: z.string() }),
  },
  'pipelines.run_not_found': {
    status: 404,
    message: 'No such run.',
    fix: 'List the runs of the pipeline to find one.',
    details: z.object({ run: z.string() }),
  },
  'pipelines.spec_invalid': {
    status: 422,
    message: 'The pipeline cannot be run as it is written; nothing was stored.',
    fix: 'Correct what the reason names: the pipeline, or the params of the run.',
    details: z.object({ step: z.string().nullable(), reason: z.string() }),
  },
  'pipelines.no_data': {
    status: 422,
    message: 'No accepted dataset version covers the span the run asks for.',
    fix: 'Add the data, or ask for another span.',
    details: z.object({ dataset: z.string(), start: z.string(), end: z.string() }),
  },
  'pipelines.wrong_state': {
    status: 409,
    message: 'The run is not in a state that allows this.',
    fix: 'Read the run again; its state says what may be done.',
    details: z.object({ run: z.string(), state: RunState, reason: z.string() }),
  },
})

export const pipelinesEvents = defineEvents({
  'pipelines.version_written': EventBase.extend({ pipeline: Name, version: z.int() }),
  'pipelines.run_changed': EventBase.extend({ runId: z.string(), pipeline: Name, state: RunState }),
  'pipelines.run_ended': EventBase.extend({
    runId: z.string(),
    pipeline: Name,
    model: Name.nullable(),
    state: RunState,
  }),
  'pipelines.trigger_fired': EventBase.extend({
    pipeline: Name,
    trigger: Name,
    outcome: z.enum(['started', 'skipped']),
    runId: z.string().nullable(),
  }),
})

const one = z.object({ pipeline: Name })
const oneRun = z.object({ run: z.string().max(64) })
const oneStep = z.object({ run: z.string().max(64), step: StepKey })
/** True: every step runs. A list: these do, and what depends on them follows from what they leave. */
const noCache = z.union([z.boolean(), z.array(StepKey)]).default(false)

export const pipelines = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/pipelines',
    summary: 'List pipelines.',
    access: 'pipelines:read',
    success: { status: 200, body: z.object({ items: z.array(Pipeline) }) },
    errors: [],
  },
  put: {
    method: 'PUT',
    path: '/api/v1/pipelines/{pipeline}',
    summary: 'Write a pipeline; a changed spec is a new version.',
    access: 'pipelines:write',
    params: one,
    body: PipelineSpec,
    success: { status: 200, body: Pipeline },
    errors: ['pipelines.spec_invalid'],
  },
  get: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}',
    summary: 'Read a pipeline.',
    access: 'pipelines:read',
    params: one,
    success: { status: 200, body: Pipeline },
    errors: ['pipelines.not_found'],
  },
  putTrigger: {
    method: 'PUT',
    path: '/api/v1/pipelines/{pipeline}/triggers/{trigger}',
    summary: 'Write a trigger.',
    access: 'pipelines:write',
    params: z.object({ pipeline: Name, trigger: Name }),
    body: WrittenTrigger,
    success: { status: 200, body: Pipeline },
    errors: ['pipelines.not_found', 'pipelines.trigger_invalid'],
  },
  listFirings: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}/firings',
    summary: 'List the firings of all triggers, newest first, with what came of them.',
    access: 'pipelines:read',
    params: one,
    query: PageQuery,
    success: { status: 200, body: pageOf(Firing) },
    errors: ['pipelines.not_found'],
  },
  startRun: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/runs',
    summary: 'Start a run.',
    access: 'pipelines:write',
    params: one,
    body: z.object({
      params: z.record(Name, ParamValue).default({}),
      trigger: TriggerReason.optional(),
      /** An earlier version of the pipeline; the newest when absent. */
      version: z.int().positive().optional(),
      noCache,
    }),
    success: { status: 201, body: Run },
    errors: ['pipelines.not_found', 'pipelines.no_data', 'pipelines.spec_invalid'],
  },
  plan: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/plan',
    summary: 'Say what a run would do, and why, without starting one.',
    access: 'pipelines:read',
    params: one,
    body: z.object({
      params: z.record(Name, ParamValue).default({}),
      version: z.int().positive().optional(),
      noCache,
    }),
    success: {
      status: 200,
      body: z.object({ pipeline: Name, version: z.int(), steps: z.array(PlannedStepView) }),
    },
    errors: ['pipelines.not_found', 'pipelines.no_data', 'pipelines.spec_invalid'],
  },
  listVersions: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}/versions',
    summary: 'List the versions of a pipeline, newest first.',
    access: 'pipelines:read',
    params: one,
    query: PageQuery,
    success: { status: 200, body: pageOf(PipelineVersion) },
    errors: ['pipelines.not_found'],
  },
  listRuns: {
    method: 'GET',
    path: '/api/v1/runs',
    summary: 'List runs, newest first.',
    access: 'pipelines:read',
    query: PageQuery.extend({ pipeline: Name.optional(), state: RunState.optional() }),
    success: { status: 200, body: pageOf(Run) },
    errors: [],
  },
  getRun: {
    method: 'GET',
    path: '/api/v1/runs/{run}',
    summary: 'Read a run with its steps and attempts.',
    access: 'pipelines:read',
    params: oneRun,
    success: { status: 200, body: Run },
    errors: ['pipelines.run_not_found'],
  },
  cancelRun: {
    method: 'POST',
    path: '/api/v1/runs/{run}/cancel',
    summary: 'Cancel a run; its processes get SIGTERM, then SIGKILL.',
    access: 'pipelines:write',
    params: oneRun,
    body: z.object({ reason: z.string().max(500).default('') }),
    success: { status: 202, body: Run },
    errors: ['pipelines.run_not_found', 'pipelines.wrong_state'],
  },
  retryRun: {
    method: 'POST',
    path: '/api/v1/runs/{run}/retry',
    summary: 'Run the failed and later steps again, keeping what succeeded.',
    access: 'pipelines:write',
    params: oneRun,
    body: z.object({}),
    success: { status: 202, body: Run },
    errors: ['pipelines.run_not_found', 'pipelines.wrong_state'],
  },
  explainStep: {
    method: 'GET',
    path: '/api/v1/runs/{run}/steps/{step}/explain',
    summary: 'Say why a step ran or was reused: what its result depends on, compared with the time before.',
    access: 'pipelines:read',
    params: oneStep,
    success: {
      status: 200,
      body: z.object({
        verdict: CacheVerdict.nullable(),
        /** The earlier step it was compared with. */
        comparedWith: z.object({ run: z.string(), at: Timestamp }).nullable(),
        parts: z.array(CachePart),
      }),
    },
    errors: ['pipelines.run_not_found'],
  },
  readSummary: {
    method: 'GET',
    path: '/api/v1/runs/{run}/steps/{step}/summary',
    summary: 'Read what a step wrote about itself, in Markdown; not to be trusted as HTML.',
    access: 'pipelines:read',
    params: oneStep,
    success: { status: 200, body: z.object({ markdown: z.string().nullable() }) },
    errors: ['pipelines.run_not_found'],
  },
  readLog: {
    method: 'GET',
    path: '/api/v1/runs/{run}/steps/{step}/log',
    summary: 'Read the log of the newest attempt from a byte offset.',
    access: 'pipelines:read',
    params: oneStep,
    query: z.object({ offset: z.coerce.number<number>().int().nonnegative().default(0) }),
    success: { status: 200, body: z.object({ text: z.string(), nextOffset: z.int(), ended: z.boolean() }) },
    errors: ['pipelines.run_not_found'],
  },
})
