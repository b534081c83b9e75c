import { z } from 'zod'
import { EventBase, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'
import { PartitionState } from './partition-state.ts'
import { ParamValue } from './triggers.ts'

/** More partitions than this are refused. */
export const mostPartitions = 10_000

/** `paused` starts no run and lets those that run end. The last three are over; `failed`: at least one partition has failed. */
export const BackfillState = z.enum(['running', 'paused', 'succeeded', 'failed', 'cancelled'])
export type BackfillState = z.infer<typeof BackfillState>

export const BackfillUnit = z.enum(['hour', 'day', 'week', 'month'])
export type BackfillUnit = z.infer<typeof BackfillUnit>

/**
 * Which version of the pipeline runs. `version:7`: that one. `current`: the newest when the backfill is created, and no
 * later one. `as-of-run`: for each partition the version that was in force when it began; the first one before that.
 */
export const BackfillCode = z.string().regex(/^(version:[1-9]\d{0,8}|current|as-of-run)$/, {
  error: 'use version:7 (with the number of a version), current or as-of-run',
})
export type BackfillCode = z.infer<typeof BackfillCode>

/** Names of the run params that get the bounds of a partition, ISO 8601 in UTC. */
const TimeParams = z.object({ start: Name.nullable(), end: Name.nullable() })
export type TimeParams = z.infer<typeof TimeParams>

const Edge = z.union([z.iso.date(), z.iso.datetime()], {
  error: 'use a date such as 2025-03-01, or a moment in UTC such as 2025-03-01T06:00:00Z',
})

/** What a backfill is asked for. */
export const BackfillRequest = z.object({
  /** Where the first partition begins; a date is midnight in `timezone`. */
  from: Edge,
  /** A date belongs to the range as a whole; a moment is the end, which does not. */
  to: Edge,
  unit: BackfillUnit,
  /** So many units to a partition; the last one ends with the range. */
  every: z.int().min(1).max(10_000).default(1),
  /** IANA name; days, weeks and months only. */
  timezone: z.string().min(1).max(64).default('UTC'),
  /** There is no default: old or new code is a decision. */
  code: BackfillCode,
  /** `ignore`: every step runs, whatever earlier runs left. */
  cache: z.enum(['reuse', 'ignore']).default('reuse'),
  /** Runs of this backfill that may be open at the same time. */
  maxActive: z.int().min(1).max(100).default(4),
  order: z.enum(['oldest', 'newest']).default('oldest'),
  params: z.record(Name, ParamValue).default({}),
  /** When absent: those of the dataset inputs, which must agree; without such inputs, none. */
  timeParams: TimeParams.partial().optional(),
  /** Why, in words; it is kept with the backfill. */
  reason: z.string().trim().max(500).default(''),
})
export type BackfillRequest = z.infer<typeof BackfillRequest>

const Counts = z.record(PartitionState, z.int())

export const Backfill = z
  .object({
    id: z.string(),
    pipeline: Name,
    code: BackfillCode,
    /** Null where each partition has its own: `as-of-run`. */
    version: z.int().nullable(),
    start: Timestamp,
    end: Timestamp,
    unit: BackfillUnit,
    every: z.int(),
    timezone: z.string(),
    cache: z.enum(['reuse', 'ignore']),
    maxActive: z.int(),
    order: z.enum(['oldest', 'newest']),
    params: z.record(z.string(), ParamValue),
    timeParams: TimeParams,
    state: BackfillState,
    /** How it came to its state, in words. */
    says: z.string(),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: Timestamp,
    endedAt: Timestamp.nullable(),
    partitionCount: z.int(),
    counts: Counts,
    /** Median of the last ten successful runs of the backfill, or of the pipeline while it has none; null when there is none. */
    typicalDurationMs: z.number().nullable(),
    /** When it would be over at this pace; null when nobody can tell, or when it does not run. */
    eta: Timestamp.nullable(),
  })
  .meta({ id: 'Backfill' })
export type Backfill = z.infer<typeof Backfill>

export const BackfillPartition = z.object({
  /** 0 for the oldest. */
  position: z.int(),
  /** How people call it, in the time zone of the backfill: `2025-03-01`. */
  partition: z.string(),
  start: Timestamp,
  end: Timestamp,
  version: z.int(),
  state: PartitionState,
  reason: z.string().nullable(),
  /** The run of the newest try. */
  runId: z.string().nullable(),
  /** Runs that were started for it. */
  tries: z.int(),
})
export type BackfillPartition = z.infer<typeof BackfillPartition>

/** What a backfill would do. */
export const BackfillPlan = z.object({
  pipeline: Name,
  start: Timestamp,
  end: Timestamp,
  timeParams: TimeParams,
  partitionCount: z.int(),
  /** The first and the last, by time. */
  first: z.string(),
  last: z.string(),
  /** The code per run, ascending. */
  versions: z.array(z.object({ version: z.int(), partitions: z.int() })),
  /** A sample: what the runs of the first few would do. `unknown`: it depends on what an earlier step will leave. */
  sample: z.array(
    z.object({
      partition: z.string(),
      version: z.int(),
      run: z.int(),
      reuse: z.int(),
      unknown: z.int(),
      /** Why it would not run; null when it would. */
      against: z.string().nullable(),
    }),
  ),
  typicalDurationMs: z.number().nullable(),
  estimateMs: z.number().nullable(),
  eta: Timestamp.nullable(),
  /** In words, with how far each figure can be trusted. */
  says: z.array(z.string()),
})
export type BackfillPlan = z.infer<typeof BackfillPlan>

/** States from which a backfill may be changed so. The server enforces it; the console says why a button is off. */
const backfillRules = {
  pause: { states: ['running'], otherwise: 'Only a backfill that runs can be paused.' },
  resume: { states: ['paused'], otherwise: 'Only a paused backfill can be resumed.' },
  cancel: { states: ['running', 'paused'], otherwise: 'The backfill is over; there is nothing to cancel.' },
  retry: {
    states: ['running', 'paused', 'succeeded', 'failed'],
    otherwise: 'The backfill was cancelled; start another one, which takes over what is there.',
  },
} as const satisfies Record<string, { states: readonly BackfillState[]; otherwise: string }>

/** The reason why an action is not open to a backfill in this state, or `undefined` when it is. */
export function whyNotBackfill(action: keyof typeof backfillRules, state: BackfillState): string | undefined {
  const rule: { readonly states: readonly BackfillState[]; readonly otherwise: string } = backfillRules[action]
  return rule.states.includes(state) ? undefined : rule.otherwise
}

/** Which partitions "retry" runs again. Those that were skipped only when asked: their data may have come meanwhile. */
export const retriedStates = (skipped: boolean): readonly PartitionState[] =>
  skipped ? ['failed', 'cancelled', 'skipped'] : ['failed', 'cancelled']

export const backfillsErrors = defineErrors({
  'pipelines.backfill_not_found': {
    status: 404,
    message: 'No such backfill.',
    fix: 'List them with: evenkeel backfill list.',
    details: z.object({ backfill: z.string() }),
  },
  'pipelines.backfill_invalid': {
    status: 422,
    message: 'The backfill cannot run as it is asked for; nothing was started.',
    fix: 'Correct what the reason names.',
    details: z.object({ reason: z.string() }),
  },
  'pipelines.backfill_wrong_state': {
    status: 409,
    message: 'The backfill is not in a state that allows this.',
    fix: 'Read the backfill again; its state says what may be done.',
    details: z.object({ backfill: z.string(), state: BackfillState, reason: z.string() }),
  },
})

export const backfillsEvents = defineEvents({
  'pipelines.backfill_changed': EventBase.extend({ backfillId: z.string(), pipeline: Name, state: BackfillState }),
})

const one = z.object({ backfill: z.string().max(64) })
const why = z.object({ reason: z.string().trim().max(500).default('') })
const changeErrors = ['pipelines.backfill_not_found', 'pipelines.backfill_wrong_state'] as const
const askErrors = ['pipelines.not_found', 'pipelines.spec_invalid', 'pipelines.backfill_invalid'] as const

export const backfills = defineEndpoints({
  plan: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/backfills/plan',
    summary: 'Say what a backfill would do, without starting anything; what is said of reuse is a sample.',
    access: 'pipelines:read',
    params: z.object({ pipeline: Name }),
    body: BackfillRequest,
    success: { status: 200, body: BackfillPlan },
    errors: askErrors,
  },
  create: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/backfills',
    summary: 'Run a pipeline once for each partition of a span of time, at low priority.',
    access: 'pipelines:write',
    params: z.object({ pipeline: Name }),
    body: BackfillRequest,
    success: { status: 201, body: Backfill },
    errors: askErrors,
  },
  list: {
    method: 'GET',
    path: '/api/v1/backfills',
    summary: 'List backfills, newest first.',
    access: 'pipelines:read',
    query: PageQuery.extend({ pipeline: Name.optional(), state: BackfillState.optional() }),
    success: { status: 200, body: pageOf(Backfill) },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/backfills/{backfill}',
    summary: 'Read a backfill with its progress.',
    access: 'pipelines:read',
    params: one,
    success: { status: 200, body: Backfill },
    errors: ['pipelines.backfill_not_found'],
  },
  listPartitions: {
    method: 'GET',
    path: '/api/v1/backfills/{backfill}/partitions',
    summary: 'List the partitions of a backfill, oldest first, with the run and the version of each.',
    access: 'pipelines:read',
    params: one,
    query: PageQuery.extend({
      limit: z.coerce.number<number>().int().min(1).max(2000).default(500),
      state: PartitionState.optional(),
    }),
    success: { status: 200, body: pageOf(BackfillPartition) },
    errors: ['pipelines.backfill_not_found'],
  },
  pause: {
    method: 'POST',
    path: '/api/v1/backfills/{backfill}/pause',
    summary: 'Start no further run; those that run go on.',
    access: 'pipelines:write',
    params: one,
    body: why,
    success: { status: 200, body: Backfill },
    errors: changeErrors,
  },
  resume: {
    method: 'POST',
    path: '/api/v1/backfills/{backfill}/resume',
    summary: 'Go on after a pause.',
    access: 'pipelines:write',
    params: one,
    body: why,
    success: { status: 200, body: Backfill },
    errors: changeErrors,
  },
  cancel: {
    method: 'POST',
    path: '/api/v1/backfills/{backfill}/cancel',
    summary: 'Give up what has not run yet; with `runs`, cancel its open runs too.',
    access: 'pipelines:write',
    params: one,
    body: why.extend({ runs: z.boolean().default(false) }),
    success: { status: 200, body: Backfill },
    errors: changeErrors,
  },
  retry: {
    method: 'POST',
    path: '/api/v1/backfills/{backfill}/retry',
    summary:
      'Run the failed partitions again, each with a new run, and no others; with `skipped`, those without data too.',
    access: 'pipelines:write',
    params: one,
    body: why.extend({ skipped: z.boolean().default(false) }),
    success: { status: 200, body: Backfill },
    errors: changeErrors,
  },
})
