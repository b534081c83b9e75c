import { z } from 'zod'
import {
  Digest,
  EventBase,
  EventTime,
  Histogram,
  ModelName,
  Name,
  NamedQuery,
  PageQuery,
  Timestamp,
  pageOf,
} from './common.ts'
import { Arm } from './deployments.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'

/** One line of a prediction segment (JSON lines, gzip allowed): what was asked and what was answered. */
export const PredictionRecord = z.object({
  /** Given by the caller, or made by the node; unique within the endpoint. Labels refer to it. */
  id: z.string().min(1).max(200),
  endpoint: Name,
  model: ModelName,
  version: z.int(),
  arm: Arm,
  generation: z.int(),
  rolloutId: z.string().nullable(),
  eventTime: EventTime,
  servedAt: Timestamp,
  /** Every model input after feature look-up. */
  features: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  score: z.number().nullable(),
  /** Scores of the pair under comparison on the same input. */
  pairedCandidate: z.number().nullable(),
  pairedChampion: z.number().nullable(),
  latencyUs: z.int(),
  error: z.string().nullable(),
})
export type PredictionRecord = z.infer<typeof PredictionRecord>

export const MonitorSpec = z.object({
  endpoint: Name,
  windowDays: z.number().positive().default(7),
  /** Start of the first window. */
  origin: EventTime,
  /** Labels of a window are complete so long after its end. */
  labelDelaySeconds: z.int().nonnegative().default(0),
  performance: z.object({
    metric: z.literal('auc').default('auc'),
    atLeast: z.number(),
    /** So many windows in a row below the bound are decay. */
    windows: z.int().positive().default(2),
    minLabels: z.int().nonnegative().default(500),
  }),
  drift: z
    .object({
      test: z.literal('jensenshannon').default('jensenshannon'),
      threshold: z.number().positive().default(0.1),
      minRows: z.int().nonnegative().default(200),
    })
    .prefault({}),
  quality: z
    .object({
      nullShareAtMost: z.number().min(0).max(1).default(0.2),
      unseenShareAtMost: z.number().min(0).max(1).default(0.05),
    })
    .prefault({}),
})
export type MonitorSpec = z.infer<typeof MonitorSpec>

export const ColumnDrift = z.object({
  feature: z.string(),
  /** Distance by the test of the monitor; null when there are too few rows. */
  distance: z.number().nullable(),
  /** 1 is the threshold. */
  relative: z.number().nullable(),
  psi: z.number().nullable(),
  importance: z.number().nullable(),
  nullShare: z.number(),
  unseenShare: z.number(),
  rowCount: z.int(),
  mean: z.number().nullable(),
  status: z.enum(['ok', 'drift', 'not_computable']),
  says: z.string(),
})
export type ColumnDrift = z.infer<typeof ColumnDrift>

export const MonitorWindow = z
  .object({
    start: EventTime,
    end: EventTime,
    closed: z.boolean(),
    rowCount: z.int(),
    labelCount: z.int(),
    /** Versions that answered in the window with their share. */
    versions: z.array(z.object({ version: z.int(), share: z.number() })),
    baselineVersion: z.int().nullable(),
    columns: z.array(ColumnDrift),
    score: ColumnDrift.nullable(),
    performance: z.object({
      auc: z.number().nullable(),
      aucLow: z.number().nullable(),
      aucHigh: z.number().nullable(),
      logLoss: z.number().nullable(),
      positiveShare: z.number().nullable(),
      meanScore: z.number().nullable(),
      calibrationError: z.number().nullable(),
      status: z.enum(['ok', 'below', 'not_computable']),
      says: z.string(),
    }),
    quality: z.object({ status: z.enum(['ok', 'warning']), findings: z.array(z.string()) }),
    computedAt: Timestamp,
  })
  .meta({ id: 'MonitorWindow' })
export type MonitorWindow = z.infer<typeof MonitorWindow>

export const Incident = z
  .object({
    id: z.string(),
    monitor: Name,
    endpoint: Name,
    model: ModelName,
    kind: z.enum(['decay', 'drift', 'data_quality', 'rollout']),
    state: z.enum(['open', 'resolved']),
    title: z.string(),
    /** What happened: which metric, since when, how sure. */
    what: z.array(z.string()),
    /** Why, ranked; each line with its numbers. */
    why: z.array(
      z.object({ says: z.string(), weight: z.number(), feature: z.string().nullable(), link: z.string().nullable() }),
    ),
    /** How to fix it, each with the command that does it. */
    fix: z.array(z.object({ says: z.string(), command: z.string(), recommended: z.boolean() })),
    eventTimeStart: EventTime,
    eventTimeEnd: EventTime.nullable(),
    openedAt: Timestamp,
    resolvedAt: Timestamp.nullable(),
    resolution: z.string().nullable(),
  })
  .meta({ id: 'Incident' })
export type Incident = z.infer<typeof Incident>

export const Monitor = z
  .object({
    name: Name,
    spec: MonitorSpec,
    /** What its endpoint serves; null while there is no such endpoint. */
    model: ModelName.nullable(),
    status: z.enum(['ok', 'drift', 'decay', 'no_data']),
    recordCount: z.int(),
    labelCount: z.int(),
    watermark: EventTime.nullable(),
    latest: MonitorWindow.nullable(),
    openIncidents: z.int(),
  })
  .meta({ id: 'Monitor' })
export type Monitor = z.infer<typeof Monitor>

/** Reference against now, for one feature of one window. */
export const FeatureComparison = z.object({
  feature: z.string(),
  kind: z.enum(['numerical', 'categorical']),
  reference: Histogram.nullable(),
  current: Histogram.nullable(),
  categories: z.array(z.object({ value: z.string(), referenceShare: z.number(), currentShare: z.number() })),
})
export type FeatureComparison = z.infer<typeof FeatureComparison>

export const monitoringErrors = defineErrors({
  'monitoring.not_found': {
    status: 404,
    message: 'No such monitor.',
    fix: 'Write it with PUT /api/v1/monitors/{monitor}.',
    details: z.object({ monitor: z.string() }),
  },
  'monitoring.incident_not_found': {
    status: 404,
    message: 'No such incident.',
    fix: 'List them with: evenkeel api GET /api/v1/incidents.',
    details: z.object({ incident: z.string() }),
  },
  'monitoring.bad_segment': {
    status: 422,
    message: 'The segment is not what its digest or its lines promise; nothing was stored.',
    fix: 'Send the segment again from the node.',
    details: z.object({ reason: z.string(), line: z.int().optional() }),
  },
  'monitoring.bad_labels': {
    status: 422,
    message: 'The labels do not fit; nothing was stored.',
    fix: 'Send ids, labels and event times with the same length; labels are 0 or 1.',
    details: z.object({ reason: z.string() }),
  },
})

export const monitoringEvents = defineEvents({
  'monitoring.window_closed': EventBase.extend({
    monitor: Name,
    endpoint: Name,
    start: EventTime,
    end: EventTime,
    auc: z.number().nullable(),
    status: z.enum(['ok', 'drift', 'decay', 'no_data']),
  }),
  'monitoring.performance_decayed': EventBase.extend({
    monitor: Name,
    endpoint: Name,
    model: ModelName,
    says: z.string(),
    eventTime: EventTime,
    incidentId: z.string(),
  }),
  'monitoring.incident_changed': EventBase.extend({ incidentId: z.string(), monitor: Name }),
})

const one = z.object({ monitor: Name })

export const monitoring = defineEndpoints({
  addSegment: {
    method: 'PUT',
    path: '/api/v1/predictions/segments/{segment}',
    summary: 'For nodes: a closed segment of prediction records as JSON lines. Sending it again changes nothing.',
    access: 'predictions:write',
    params: z.object({ segment: Name }),
    query: z.object({ digest: Digest, node: Name }),
    upload: { kind: 'bytes', limitBytes: 64 * 1024 ** 2 },
    success: { status: 201, body: z.object({ segment: Name, recordCount: z.int() }) },
    errors: ['monitoring.bad_segment'],
  },
  addLabels: {
    method: 'POST',
    path: '/api/v1/endpoints/{endpoint}/labels',
    summary: 'Add true labels by prediction id; a later label of the same id wins. Batches may repeat.',
    access: 'monitoring:write',
    params: z.object({ endpoint: Name }),
    bodyLimitBytes: 32 * 1024 ** 2,
    body: z.object({
      ids: z.array(z.string().max(200)).max(100_000),
      labels: z.array(z.number()).max(100_000),
      eventTimesMs: z.array(z.number()).max(100_000),
      /** All predictions with an earlier event time have been sent, and so have their labels. */
      completeUntil: EventTime.optional(),
    }),
    success: { status: 200, body: z.object({ accepted: z.int(), watermark: EventTime.nullable() }) },
    errors: ['monitoring.bad_labels', 'deployments.endpoint_not_found'],
  },
  list: {
    method: 'GET',
    path: '/api/v1/monitors',
    summary: 'List monitors by name.',
    access: 'monitoring:read',
    query: NamedQuery,
    success: { status: 200, body: pageOf(Monitor) },
    errors: [],
  },
  put: {
    method: 'PUT',
    path: '/api/v1/monitors/{monitor}',
    summary: 'Write a monitor.',
    access: 'monitoring:write',
    params: one,
    body: MonitorSpec,
    success: { status: 200, body: Monitor },
    errors: ['deployments.endpoint_not_found'],
  },
  get: {
    method: 'GET',
    path: '/api/v1/monitors/{monitor}',
    summary: 'Read a monitor.',
    access: 'monitoring:read',
    params: one,
    success: { status: 200, body: Monitor },
    errors: ['monitoring.not_found'],
  },
  listWindows: {
    method: 'GET',
    path: '/api/v1/monitors/{monitor}/windows',
    summary: 'List windows in event time, newest first.',
    access: 'monitoring:read',
    params: one,
    query: PageQuery,
    success: { status: 200, body: pageOf(MonitorWindow) },
    errors: ['monitoring.not_found'],
  },
  compareFeature: {
    method: 'GET',
    path: '/api/v1/monitors/{monitor}/windows/{start}/features/{feature}',
    summary: 'Reference against this window, for one feature or `score`.',
    access: 'monitoring:read',
    params: z.object({ monitor: Name, start: EventTime, feature: z.string().max(200) }),
    success: { status: 200, body: FeatureComparison },
    errors: ['monitoring.not_found'],
  },
  listIncidents: {
    method: 'GET',
    path: '/api/v1/incidents',
    summary: 'List incidents, newest first.',
    access: 'monitoring:read',
    query: PageQuery.extend({ monitor: Name.optional(), state: z.enum(['open', 'resolved']).optional() }),
    success: { status: 200, body: pageOf(Incident) },
    errors: [],
  },
  getIncident: {
    method: 'GET',
    path: '/api/v1/incidents/{incident}',
    summary: 'Read an incident.',
    access: 'monitoring:read',
    params: z.object({ incident: z.string().max(64) }),
    success: { status: 200, body: Incident },
    errors: ['monitoring.incident_not_found'],
  },
  recentPredictions: {
    method: 'GET',
    path: '/api/v1/endpoints/{endpoint}/predictions',
    summary: 'The newest recorded predictions.',
    access: 'monitoring:read',
    params: z.object({ endpoint: Name }),
    query: z.object({ limit: z.coerce.number<number>().int().min(1).max(200).default(20) }),
    success: { status: 200, body: z.object({ items: z.array(PredictionRecord) }) },
    errors: [],
  },
})
