import { z } from 'zod'
import { EventBase, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'
import { RunEnvironment } from './pipeline-environments.ts'
import { runTarget } from './pipeline-target.ts'
import { Firing, ParamValue, TriggerReason, TriggerSpec, WrittenTrigger } from './triggers.ts'
import { CachePart, CacheVerdict, PlannedStepView, Run, RunState } from './pipeline-run.ts'
import { PipelineCosts } from './run-cost.ts'
import { PipelineSpec, RunPriority, StepKey } from './pipeline-spec.ts'
import { slotEndpoints } from './slots.ts'
import { AttemptQuery } from './step-results.ts'
import { targets } from './targets.ts'

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

export const pipelinesErrors = defineErrors({
  'pipelines.not_found': {
    status: 404,
    message: 'No such pipeline.',
    fix: 'List them with: evenkeel pipeline list. Send a new one with: evenkeel pipeline apply FILE.',
    details: z.object({ pipeline: z.string() }),
  },
  'pipelines.run_not_found': {
    status: 404,
    message: 'No such run.',
    fix: 'List them with: evenkeel run list.',
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
  'pipelines.no_dataset_version': {
    status: 422,
    message: 'The dataset has no such version that a run may read.',
    fix: 'List the versions of the dataset, and ask for one that was accepted.',
    details: z.object({ dataset: z.string(), version: z.union([z.int(), z.literal('latest')]) }),
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
  'pipelines.approval_changed': EventBase.extend({ runId: z.string(), pipeline: Name, approvalId: z.string() }),
  'pipelines.trigger_fired': EventBase.extend({
    pipeline: Name,
    trigger: Name,
    outcome: z.enum(['started', 'skipped']),
    runId: z.string().nullable(),
  }),
})

const one = z.object({ pipeline: Name })
const startErrors = [
  'pipelines.not_found',
  'pipelines.no_data',
  'pipelines.no_dataset_version',
  'pipelines.spec_invalid',
  'pipelines.not_in_force',
  'pipelines.secret_missing',
] as const
const oneRun = z.object({ run: z.string().max(64) })
const oneStep = z.object({ run: z.string().max(64), step: StepKey })
/** True: every step runs. A list: these do, and what depends on them follows from what they leave. */
const noCache = z.union([z.boolean(), z.array(StepKey)]).default(false)

export const pipelines = defineEndpoints({
  ...slotEndpoints,
  ...targets,
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
      /** That of the pipeline when absent. */
      priority: RunPriority.optional(),
      /** An earlier version of the pipeline; the newest when absent. */
      version: z.int().positive().optional(),
      noCache,
      ...runTarget,
    }),
    success: { status: 201, body: Run },
    errors: startErrors,
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
      ...runTarget,
    }),
    success: {
      status: 200,
      body: z.object({ pipeline: Name, version: z.int(), steps: z.array(PlannedStepView) }),
    },
    errors: startErrors,
  },
  costs: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}/costs',
    summary: 'Add up what the attempts of a pipeline used, for each day on which they began.',
    access: 'pipelines:read',
    params: one,
    query: z.object({ days: z.coerce.number<string>().int().min(1).max(366).default(30) }),
    success: { status: 200, body: PipelineCosts },
    errors: ['pipelines.not_found'],
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
    query: PageQuery.extend({
      pipeline: Name.optional(),
      state: RunState.optional(),
      environment: RunEnvironment.optional(),
    }),
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
    query: AttemptQuery,
    success: { status: 200, body: z.object({ markdown: z.string().nullable() }) },
    errors: ['pipelines.run_not_found'],
  },
  readLog: {
    method: 'GET',
    path: '/api/v1/runs/{run}/steps/{step}/log',
    summary: 'Read the log of an attempt from a byte offset.',
    access: 'pipelines:read',
    params: oneStep,
    query: AttemptQuery.extend({ offset: z.coerce.number<number>().int().nonnegative().default(0) }),
    success: { status: 200, body: z.object({ text: z.string(), nextOffset: z.int(), ended: z.boolean() }) },
    errors: ['pipelines.run_not_found'],
  },
})
