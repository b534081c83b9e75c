import { z } from 'zod'
import { Digest, EventBase, EventTime, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'

export const ParamValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])
export type ParamValue = z.infer<typeof ParamValue>

/** Where an input of a step comes from: an output of an earlier step, or what a dataset holds for a span of event time. */
export const StepInput = z.discriminatedUnion('from', [
  z.object({ from: z.literal('step'), step: Name, output: Name }),
  z.object({
    from: z.literal('dataset'),
    dataset: Name,
    /** Names of run params that hold the span; every accepted version that overlaps [start, end) becomes a file. */
    start: Name,
    end: Name,
  }),
])

export const StepSpec = z.object({
  key: Name,
  /** A step that ships with Evenkeel. */
  uses: Name.optional(),
  /** Any command: program and arguments. */
  run: z.array(z.string()).min(1).optional(),
  needs: z.array(Name).default([]),
  /** Names of the run params this step may see; no others are given to it. */
  params: z.array(Name).default([]),
  inputs: z.record(Name, StepInput).default({}),
  outputs: z.array(Name).default([]),
  retries: z.int().min(0).max(10).default(0),
  timeoutSeconds: z.int().positive().max(604_800).default(3600),
})
export type StepSpec = z.infer<typeof StepSpec>

export const PipelineSpec = z.object({
  description: z.string().max(2000).default(''),
  /** The model whose versions this pipeline makes. */
  model: Name.optional(),
  /** Defaults of the run params. */
  params: z.record(Name, ParamValue).default({}),
  steps: z.array(StepSpec).min(1).max(2000),
})
export type PipelineSpec = z.infer<typeof PipelineSpec>

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

/** Why a run or a model exists. */
export const TriggerReason = z.object({
  kind: z.enum(['request', 'schedule', 'data', 'decay', 'drift']),
  /** In words, with the numbers. */
  says: z.string().max(1000),
  eventTime: EventTime.nullable().default(null),
})
export type TriggerReason = z.infer<typeof TriggerReason>

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

export const RunStep = z.object({
  key: Name,
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

/**
 * Which spans of event time a retraining uses. Months are calendar months of event time, complete ones only.
 * `months`: hold out the newest `holdoutMonths`, train on the `trainMonths` before them.
 * `recent`: hold out the last `holdoutDays` of the newest complete month, train on what precedes, back to the start of
 * the month `trainMonths − 1` months before.
 */
export const TrainingWindow = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('months'), trainMonths: z.int().positive(), holdoutMonths: z.int().positive() }),
  z.object({ kind: z.literal('recent'), trainMonths: z.int().positive(), holdoutDays: z.int().positive() }),
])
export type TrainingWindow = z.infer<typeof TrainingWindow>

export const TriggerSpec = z.object({
  /** `schedule`: each time the event time of the dataset passes the end of a calendar month. `decay`: when the monitor says so. */
  on: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('schedule'), dataset: Name, every: z.literal('month') }),
    z.object({ kind: z.literal('decay'), endpoint: Name }),
  ]),
  dataset: Name,
  window: TrainingWindow,
  params: z.record(Name, ParamValue).default({}),
  /** No firing for so long (event time) after the last promotion. */
  cooldownDays: z.number().nonnegative().default(0),
  enabled: z.boolean().default(true),
})
export type TriggerSpec = z.infer<typeof TriggerSpec>

export const Firing = z.object({
  id: z.string(),
  pipeline: Name,
  trigger: Name,
  kind: z.enum(['schedule', 'decay']),
  outcome: z.enum(['started', 'skipped']),
  says: z.string(),
  eventTime: EventTime.nullable(),
  runId: z.string().nullable(),
  firedAt: Timestamp,
})
export type Firing = z.infer<typeof Firing>

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
    fix: 'Correct the step named in the details.',
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
    body: TriggerSpec,
    success: { status: 200, body: Pipeline },
    errors: ['pipelines.not_found'],
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
    body: z.object({ params: z.record(Name, ParamValue).default({}), trigger: TriggerReason.optional() }),
    success: { status: 201, body: Run },
    errors: ['pipelines.not_found', 'pipelines.no_data', 'pipelines.spec_invalid'],
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
  readLog: {
    method: 'GET',
    path: '/api/v1/runs/{run}/steps/{step}/log',
    summary: 'Read the log of the newest attempt from a byte offset.',
    access: 'pipelines:read',
    params: z.object({ run: z.string().max(64), step: Name }),
    query: z.object({ offset: z.coerce.number<number>().int().nonnegative().default(0) }),
    success: { status: 200, body: z.object({ text: z.string(), nextOffset: z.int(), ended: z.boolean() }) },
    errors: ['pipelines.run_not_found'],
  },
})
