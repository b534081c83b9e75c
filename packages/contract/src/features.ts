import { z } from 'zod'
import { numberColumn } from './column.ts'
import { EventBase, EventTime, Name, Timestamp } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'

/**
 * Aggregates over the events of one entity key in the event-time window (t − fromSeconds, t − untilSeconds].
 * `count` counts events; `mean` averages a measure and is null when the window is empty. An event without a key, a time
 * or one of the measures does not count. Measures are kept in steps of 2^-20 (about a millionth), so that training and
 * serving agree to the last bit; give a measure of much smaller numbers a larger unit in its expression.
 */
export const Feature = z.discriminatedUnion('aggregation', [
  z.object({ name: Name, aggregation: z.literal('count') }),
  z.object({ name: Name, aggregation: z.literal('mean'), measure: Name }),
])
export type Feature = z.infer<typeof Feature>

/** Text that PostgreSQL can keep: no NUL, no half of a surrogate pair. */
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'), {
  error: 'holds a character that cannot be stored (NUL or half of a surrogate pair)',
})

/** Ten years. */
const longestWindowSeconds = 315_360_000

export const FeatureViewSpec = z
  .object({
    description: Text.max(2000).default(''),
    /** The entity's join key: a column of the source and an input of the model. */
    entity: Name,
    source: z.object({
      dataset: Name,
      keyColumn: Text.min(1).max(128),
      /** A time stamp; without a time zone it is read as UTC. */
      eventTimeColumn: Text.min(1).max(128),
      /** Measure name to a numeric or boolean SQL expression over the columns of the source. */
      measures: z.record(Name, Text.min(1).max(500)),
    }),
    window: z
      .object({
        fromSeconds: z.int().positive().max(longestWindowSeconds),
        untilSeconds: z.int().nonnegative().max(longestWindowSeconds),
      })
      .refine(({ fromSeconds, untilSeconds }) => fromSeconds > untilSeconds, {
        error: 'fromSeconds must be larger than untilSeconds',
      }),
    features: z.array(Feature).min(1).max(100),
  })
  .refine(({ entity, features }) => isDistinct([entity, ...features.map(({ name }) => name)]), {
    path: ['features'],
    error: 'each feature needs a name of its own, and another than the entity; case does not count',
  })
  .refine(({ source, features }) => features.every((feature) => hasMeasure(source.measures, feature)), {
    path: ['features'],
    error: 'a mean needs a measure that the source lists',
  })

const isDistinct = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase())).size === names.length

const hasMeasure = (measures: Readonly<Record<string, string>>, feature: Feature) =>
  feature.aggregation === 'count' || feature.measure in measures

export type FeatureViewSpec = z.infer<typeof FeatureViewSpec>

const fourDaysMs = 4 * 86_400_000

/**
 * How much older than the newest event a row may be that is still answered online, in milliseconds: as long as the
 * window, and four days at least. Nodes keep the events of these rows' windows.
 */
export const latenessMs = ({ window: { fromSeconds } }: Pick<FeatureViewSpec, 'window'>): number =>
  Math.max(fromSeconds * 1000, fourDaysMs)

export const FeatureView = z
  .object({
    name: Name,
    version: z.int().positive(),
    spec: FeatureViewSpec,
    /** Newest event time in the online store. */
    watermark: EventTime.nullable(),
    eventCount: z.int(),
    createdAt: Timestamp,
  })
  .meta({ id: 'FeatureView' })
export type FeatureView = z.infer<typeof FeatureView>

/** Events of one key, aggregated per distinct event time; `timesMs` ascends. What the online store keeps. */
export const Tile = z.object({
  key: z.string(),
  timesMs: numberColumn(),
  counts: numberColumn(),
  /** Measure name to the sum of its values at each time. */
  sums: z.record(z.string(), numberColumn()),
})
export type Tile = z.infer<typeof Tile>

/**
 * News for a node: the definition and the recent tiles at first (`snapshot`), then what is pushed (`delta`: events to
 * add, also at times that are known already). A later snapshot takes the place of everything before it.
 */
export const FeatureUpdate = z.object({
  kind: z.enum(['snapshot', 'delta']),
  view: Name,
  version: z.int(),
  /** Rises by one with each push to the view; a node acknowledges the highest it has applied. */
  sequence: z.int(),
  spec: FeatureViewSpec.nullable(),
  tiles: z.array(Tile),
})
export type FeatureUpdate = z.infer<typeof FeatureUpdate>

export const featuresErrors = defineErrors({
  'features.view_not_found': {
    status: 404,
    message: 'No such feature view.',
    fix: 'Define it with PUT /api/v1/feature-views/{view}.',
    details: z.object({ view: z.string() }),
  },
  'features.bad_push': {
    status: 422,
    message: 'The pushed columns do not fit the view; nothing was stored.',
    fix: 'Send keys, eventTimes and each measure with the same length and finite numbers.',
    details: z.object({ reason: z.string() }),
  },
  'features.bad_source': {
    status: 422,
    message: 'The source of the view does not have this column, or not of the type that is needed.',
    fix: 'Correct the column named in the details; the columns of a dataset are listed with its versions.',
    details: z.object({ column: z.string(), reason: z.string() }),
  },
  'features.bad_expression': {
    status: 422,
    message: 'A measure is not an expression over the columns of the source.',
    fix: 'Correct the SQL of the measure named in the details.',
    details: z.object({ measure: z.string(), reason: z.string() }),
  },
})

export const featuresEvents = defineEvents({
  'features.view_defined': EventBase.extend({ view: Name, version: z.int() }),
})

const one = z.object({ view: Name })

export const features = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/feature-views',
    summary: 'List feature views.',
    access: 'features:read',
    success: { status: 200, body: z.object({ items: z.array(FeatureView) }) },
    errors: [],
  },
  define: {
    method: 'PUT',
    path: '/api/v1/feature-views/{view}',
    summary: 'Define a feature view; a changed definition is a new version.',
    access: 'features:write',
    params: one,
    body: FeatureViewSpec,
    success: { status: 200, body: FeatureView },
    errors: ['features.bad_source', 'features.bad_expression'],
  },
  get: {
    method: 'GET',
    path: '/api/v1/feature-views/{view}',
    summary: 'Read a feature view.',
    access: 'features:read',
    params: one,
    success: { status: 200, body: FeatureView },
    errors: ['features.view_not_found'],
  },
  push: {
    method: 'POST',
    path: '/api/v1/feature-views/{view}/push',
    summary:
      'Push events into the online store. With wait=nodes the answer comes when every live node has applied them.',
    access: 'features:write',
    params: one,
    query: z.object({ wait: z.enum(['store', 'nodes']).default('store') }),
    bodyLimitBytes: 32 * 1024 ** 2,
    body: z.object({
      /** Sending the same batch id again changes nothing. */
      batchId: Text.min(1).max(128),
      keys: z.array(z.string().max(200)).max(200_000),
      /** Epoch milliseconds, whole; in any order. */
      eventTimesMs: numberColumn(),
      /** Every measure of the view, one value per event; truth values as 0 and 1. */
      measures: z.record(Name, numberColumn()),
    }),
    success: {
      status: 200,
      body: z.object({
        accepted: z.int(),
        sequence: z.int(),
        watermark: EventTime.nullable(),
        /** The nodes that have not applied the push after 3 s; they will. Empty with wait=store. */
        nodesWaiting: z.array(z.string()),
      }),
    },
    errors: ['features.view_not_found', 'features.bad_push'],
  },
  materialize: {
    method: 'POST',
    path: '/api/v1/feature-views/{view}/materialize',
    summary:
      'Fill the online store from accepted dataset versions, for events in (from, until]; takes the place of what was there.',
    access: 'features:write',
    params: one,
    body: z.object({ from: EventTime, until: EventTime }),
    success: {
      status: 200,
      body: z.object({ eventCount: z.int(), sequence: z.int(), watermark: EventTime.nullable() }),
    },
    errors: ['features.view_not_found'],
  },
  readOnline: {
    method: 'POST',
    path: '/api/v1/feature-views/{view}/online',
    summary: 'Read online values for keys, each as of its event time.',
    access: 'features:read',
    params: one,
    body: z.object({ keys: z.array(z.string()).max(10_000), eventTimesMs: z.array(z.number()).max(10_000) }),
    success: { status: 200, body: z.object({ values: z.record(z.string(), z.array(z.number().nullable())) }) },
    errors: ['features.view_not_found', 'features.bad_push'],
  },
  joinSql: {
    method: 'GET',
    path: '/api/v1/feature-views/{view}/join-sql',
    summary:
      'The DuckDB SQL of the point-in-time join: columns of `entities` plus the features, from a table or view `source`.',
    access: 'features:read',
    params: one,
    query: z.object({
      /** Table with the entity key and the event time, one row per training example. */
      entities: Name.default('entities'),
      source: Name.default('source'),
      eventTimeColumn: z.string().default('event_time'),
    }),
    success: { status: 200, body: z.object({ view: Name, version: z.int(), sql: z.string() }) },
    errors: ['features.view_not_found'],
  },
  follow: {
    method: 'GET',
    path: '/api/v1/feature-views-stream',
    summary: 'For nodes: a snapshot of each view, then every push.',
    access: 'fleet:read',
    query: z.object({
      /** Names of views, separated by commas; one that is not defined yet is waited for. */
      views: z
        .string()
        .max(2000)
        .regex(/^[A-Za-z0-9_.,-]*$/),
      node: Name,
    }),
    success: { status: 200, events: FeatureUpdate },
    errors: [],
  },
  acknowledge: {
    method: 'POST',
    path: '/api/v1/feature-views/{view}/acks',
    summary: 'For nodes: the highest push applied.',
    access: 'fleet:write',
    params: one,
    body: z.object({ node: Name, sequence: z.int() }),
    success: { status: 200, body: z.object({}) },
    errors: [],
  },
})
