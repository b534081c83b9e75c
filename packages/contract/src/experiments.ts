import { z } from 'zod'
import { PageQuery, pageOf } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { Double, Experiment, Int64, Lifecycle, TrackedRun, TrackedRunInfo } from './tracking.ts'

/** Runs of one request that changes, compares or deletes. */
export const mostRunsAtOnce = 1000
/** Curves of one request, which are runs times metrics, and points of all of them. */
export const mostCurves = 500
export const mostCurvePoints = 250_000

const RunIds = z.array(z.string().min(1).max(64)).min(1).max(mostRunsAtOnce)
const Key = z.string().min(1).max(250)

/** Names joined by `/`, at most ten deep; empty is the top. */
export const Folder = z
  .string()
  .max(500)
  .regex(/^$|^[^/\0]{1,100}(?:\/[^/\0]{1,100}){0,9}$/, { error: 'use names joined by "/", at most ten deep' })

/** All that was ever logged of one metric of a run; `min` and `max` are over numbers, null when nothing is one. */
export const MetricSummary = z
  .object({
    last: Double,
    lastStep: Int64,
    lastMs: Int64,
    min: Double.nullable(),
    max: Double.nullable(),
    count: z.int(),
  })
  .meta({ id: 'MetricSummary' })
export type MetricSummary = z.infer<typeof MetricSummary>

const texts = z.record(z.string(), z.string())

/** A row of a table of runs: of metrics, params and tags, what was asked for and is there. */
export const RunRow = TrackedRunInfo.extend({
  metrics: z.record(z.string(), MetricSummary),
  params: texts,
  tags: texts,
}).meta({ id: 'RunRow' })
export type RunRow = z.infer<typeof RunRow>

/** One run in full. */
export const RunDetail = TrackedRun.omit({ metrics: true })
  .extend({
    experimentName: z.string(),
    metrics: z.record(z.string(), MetricSummary),
    /** Where its files lie, for `/api/v1/files`; null when they are in a store of the client's. */
    filesFolder: z.string().nullable(),
    parentId: z.string().nullable(),
    children: z.int(),
    /** The pipeline run whose step logged it. */
    pipelineRunId: z.string().nullable(),
    /** Versions of registered models that came of it. */
    modelVersions: z.array(z.object({ model: z.string(), version: z.int() })),
  })
  .meta({ id: 'RunDetail' })
export type RunDetail = z.infer<typeof RunDetail>

export const ExperimentRow = Experiment.extend({
  runs: z.int(),
  running: z.int(),
  /** When the newest run began. */
  lastRunMs: z.int().nullable(),
}).meta({ id: 'ExperimentRow' })
export type ExperimentRow = z.infer<typeof ExperimentRow>

/** Which of these keys a row brings; `all` brings at most the first 1,000 by name. */
const Keys = z.union([z.array(Key).max(500), z.literal('all')]).default([])

/** What the newest values of a metric come to in a group of runs: over numbers, null where no run has one. */
export const MetricOfGroup = z
  .object({
    /** Runs whose newest value is a number. */
    count: z.int(),
    mean: Double.nullable(),
    min: Double.nullable(),
    max: Double.nullable(),
    /** The lowest and the highest number that any run of the group ever logged. */
    least: Double.nullable(),
    greatest: Double.nullable(),
  })
  .meta({ id: 'MetricOfGroup' })
export type MetricOfGroup = z.infer<typeof MetricOfGroup>

const Where = {
  /** Ids; none means every active experiment of the project. */
  experiments: z.array(z.string()).max(500).default([]),
  /** See docs/search.md. */
  filter: z.string().max(100_000).default(''),
  lifecycle: Lifecycle.default('active'),
}

export const RunSearchRequest = z.object({
  ...Where,
  /** Such as `metrics.auc DESC`; the newest first when empty. */
  orderBy: z.array(z.string().max(1000)).max(20).default([]),
  limit: z.int().min(1).max(1000).default(100),
  cursor: z.string().max(20_000).optional(),
  metrics: Keys,
  params: Keys,
  tags: Keys,
})
export type RunSearchRequest = z.infer<typeof RunSearchRequest>

export const Curve = z
  .object({
    run: z.string(),
    metric: z.string(),
    /** Points that were logged, of these steps; more than `points` has when these were chosen among them. */
    total: z.int(),
    /** `[step, milliseconds since 1970, value]` in order of step, then time. */
    points: z.array(z.tuple([Int64, Int64, Double])),
  })
  .meta({ id: 'Curve' })
export type Curve = z.infer<typeof Curve>

export const CurvesRequest = z.object({
  runs: z.array(z.string()).min(1).max(100),
  metrics: z.array(Key).min(1).max(100),
  /** Points of a curve at most; what is not there has no curve. */
  points: z.int().min(2).max(5000).default(500),
  /**
   * `minmax` keeps every peak: of each of equally many points the lowest and the highest number. `lttb` keeps the
   * shape: largest triangle three buckets (Steinarsson 2013), over numbers. Both keep the first and the last point.
   */
  choose: z.enum(['minmax', 'lttb']).default('minmax'),
  /** Only steps from here to there; both belong to it. */
  steps: z.object({ from: Int64, to: Int64 }).optional(),
})
export type CurvesRequest = z.infer<typeof CurvesRequest>

/** What deletion for good takes away, and what it leaves because something still needs it. */
export const PurgePlan = z
  .object({
    runs: z.int(),
    points: z.int(),
    loggedModels: z.int(),
    traces: z.int(),
    files: z.int(),
    sizeBytes: z.int(),
    /** Runs that stay, and why: a registered model version came of them, or they are not deleted yet. */
    kept: z.array(z.object({ run: z.string(), why: z.string() })),
    /** To be sent with the request that deletes; it holds as long as nothing changes. */
    confirmation: z.string(),
  })
  .meta({ id: 'PurgePlan' })
export type PurgePlan = z.infer<typeof PurgePlan>

const experiment = z.object({ experiment: z.string() })
const run = z.object({ run: z.string() })
const runNotFound = 'tracking.run_not_found'
const changing = [runNotFound, 'tracking.wrong_lifecycle', 'tracking.bad_value'] as const

/** Experiments and what was logged to them, by whichever client. */
export const experiments = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/experiments',
    summary: 'List experiments, those with the newest runs first.',
    access: 'tracking:read',
    query: PageQuery.extend({
      /** Only those of this folder and below. */
      folder: Folder.optional(),
      /** Part of a name, capitals or not. */
      search: z.string().max(200).optional(),
      lifecycle: Lifecycle.default('active'),
      cursor: z.string().max(20_000).optional(),
    }),
    success: {
      status: 200,
      body: pageOf(ExperimentRow).extend({ folders: z.array(z.object({ folder: z.string(), experiments: z.int() })) }),
    },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/experiments/{experiment}',
    summary: 'Read an experiment.',
    access: 'tracking:read',
    params: experiment,
    success: { status: 200, body: ExperimentRow },
    errors: ['tracking.experiment_not_found'],
  },
  change: {
    method: 'PATCH',
    path: '/api/v1/experiments/{experiment}',
    summary: 'Rename an experiment, or move it to another folder.',
    access: 'tracking:write',
    params: experiment,
    body: z.object({ name: z.string().min(1).max(500).optional(), folder: Folder.optional() }),
    success: { status: 200, body: ExperimentRow },
    errors: ['tracking.experiment_not_found', 'tracking.name_taken', 'tracking.wrong_lifecycle', 'tracking.bad_value'],
  },
  keys: {
    method: 'GET',
    path: '/api/v1/experiments/{experiment}/keys',
    summary: 'Names of the metrics, params or tags of an experiment, by name; for the choice of columns.',
    access: 'tracking:read',
    params: experiment,
    query: PageQuery.extend({
      kind: z.enum(['metric', 'param', 'tag']),
      /** Part of a name, capitals or not. */
      search: z.string().max(250).optional(),
    }),
    success: { status: 200, body: pageOf(z.string()) },
    errors: ['tracking.experiment_not_found'],
  },
})

/** Runs that clients logged. The runs of pipelines are another thing: `/api/v1/runs`. */
export const trackedRuns = defineEndpoints({
  search: {
    method: 'POST',
    path: '/api/v1/tracked-runs/search',
    summary: 'Find runs, with the columns that are asked for.',
    access: 'tracking:read',
    body: RunSearchRequest,
    success: { status: 200, body: pageOf(RunRow) },
    errors: ['tracking.bad_filter'],
  },
  count: {
    method: 'POST',
    path: '/api/v1/tracked-runs/count',
    summary: 'Count the runs that a filter finds.',
    access: 'tracking:read',
    body: z.object(Where),
    success: { status: 200, body: z.object({ runs: z.int() }) },
    errors: ['tracking.bad_filter'],
  },
  aggregate: {
    method: 'POST',
    path: '/api/v1/tracked-runs/aggregate',
    summary: 'Count runs and summarise the newest values of metrics, in groups.',
    access: 'tracking:read',
    body: z.object({
      ...Where,
      /** Such as `params.optimizer`, `tags.team` or `status`; all runs are one group without it. */
      groupBy: z.string().max(1000).optional(),
      metrics: z.array(Key).max(50).default([]),
    }),
    success: {
      status: 200,
      body: z.object({
        /** The largest first; at most 1,000. `value` is null for runs that lack the key. */
        groups: z.array(
          z.object({
            value: z.string().nullable(),
            runs: z.int(),
            metrics: z.record(z.string(), MetricOfGroup),
          }),
        ),
        more: z.boolean(),
      }),
    },
    errors: ['tracking.bad_filter'],
  },
  get: {
    method: 'GET',
    path: '/api/v1/tracked-runs/{run}',
    summary: 'Read a run in full.',
    access: 'tracking:read',
    params: run,
    success: { status: 200, body: RunDetail },
    errors: [runNotFound],
  },
  curves: {
    method: 'POST',
    path: '/api/v1/tracked-runs/curves',
    summary: 'How metrics of runs went, with as many points as a chart shows.',
    access: 'tracking:read',
    body: CurvesRequest,
    success: { status: 200, body: z.object({ curves: z.array(Curve) }) },
    errors: ['tracking.bad_value'],
  },
  change: {
    method: 'PATCH',
    path: '/api/v1/tracked-runs',
    summary: 'Rename or tag runs, or move them to another experiment: all of them, or none.',
    access: 'tracking:write',
    body: z.object({
      runs: RunIds,
      name: z.string().min(1).max(1000).optional(),
      setTags: texts.optional(),
      deleteTags: z.array(Key).max(100).optional(),
      experiment: z.string().optional(),
    }),
    success: { status: 200, body: z.object({ changed: z.int() }) },
    errors: [...changing, 'tracking.experiment_not_found'],
  },
  remove: {
    method: 'POST',
    path: '/api/v1/tracked-runs/delete',
    summary: 'Delete runs: all of them, or none. They can be restored until they are purged.',
    access: 'tracking:write',
    body: z.object({ runs: RunIds }),
    success: { status: 200, body: z.object({ deleted: z.int() }) },
    errors: [runNotFound],
  },
  restore: {
    method: 'POST',
    path: '/api/v1/tracked-runs/restore',
    summary: 'Restore deleted runs: all of them, or none.',
    access: 'tracking:write',
    body: z.object({ runs: RunIds }),
    success: { status: 200, body: z.object({ restored: z.int() }) },
    errors: [runNotFound],
  },
  planPurge: {
    method: 'POST',
    path: '/api/v1/tracked-runs/purge/plan',
    summary: 'What would be lost if these deleted runs were purged.',
    access: 'tracking:admin',
    body: z.object({ runs: RunIds }),
    success: { status: 200, body: PurgePlan },
    errors: [runNotFound],
  },
  purge: {
    method: 'POST',
    path: '/api/v1/tracked-runs/purge',
    summary: 'Delete runs for good, as the plan said.',
    access: 'tracking:admin',
    body: z.object({ runs: RunIds, confirmation: z.string().max(100) }),
    success: { status: 200, body: PurgePlan },
    errors: [runNotFound, 'tracking.plan_changed'],
  },
})
