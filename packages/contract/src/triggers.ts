import { z } from 'zod'
import { EventTime, ModelName, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { RunEnvironment } from './pipeline-environments.ts'
import { SecretName } from './secret-name.ts'

export const ParamValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])
export type ParamValue = z.infer<typeof ParamValue>

export const TriggerKind = z.enum([
  'schedule',
  'cron',
  'data',
  'decay',
  'drift',
  'model',
  'pipeline',
  'webhook',
  'folder',
  'bucket',
  'sql',
])
export type TriggerKind = z.infer<typeof TriggerKind>

/** Why a run or a model exists. */
export const TriggerReason = z.object({
  kind: z.enum(['request', 'backfill', ...TriggerKind.options]),
  /** In words, with the numbers. */
  says: z.string().max(1000),
  eventTime: EventTime.nullable().default(null),
})
export type TriggerReason = z.infer<typeof TriggerReason>

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

/**
 * What happens to occurrences of a cron trigger that passed while nobody looked. `none`: they are left out. `latest`:
 * the newest one fires. `all`: so many of the newest fire, oldest first, and wait for one another.
 */
const CatchUp = z.union([z.enum(['none', 'latest']), z.object({ all: z.int().min(1).max(10) })])
export type CatchUp = z.infer<typeof CatchUp>

/** Fires when nothing has come for `quietSeconds`, and at the latest `maxWaitSeconds` after the first. */
const Debounce = z.object({
  quietSeconds: z.number().positive().max(86_400),
  maxWaitSeconds: z.number().positive().max(604_800),
})
export type Debounce = z.infer<typeof Debounce>

const TriggerSource = z.discriminatedUnion('kind', [
  /** Each time the event time of the dataset passes the end of a calendar month. */
  z.object({ kind: z.literal('schedule'), dataset: Name, every: z.literal('month') }),
  z.object({
    kind: z.literal('cron'),
    /** Five fields, or a name such as `@daily`. */
    cron: z.string().min(1).max(200),
    /** IANA name. */
    timezone: z.string().min(1).max(64).default('UTC'),
    catchUp: CatchUp.default('latest'),
    /** The run param that gets the time a run stands for, ISO 8601 in UTC. */
    timeParam: Name.optional(),
  }),
  /** Each time a version of the dataset is accepted. */
  z.object({
    kind: z.literal('data'),
    dataset: Name,
    /** Fewer rows since the last run start nothing; they count for the next version. */
    minNewRows: z.int().nonnegative().default(0),
    debounce: Debounce.optional(),
  }),
  /** When the monitor says so. */
  z.object({ kind: z.literal('decay'), endpoint: Name }),
  /** Each window that closes while the monitor says drift. */
  z.object({ kind: z.literal('drift'), endpoint: Name }),
  z.object({
    kind: z.literal('model'),
    model: ModelName,
    /** `passed` and `refused` are the verdict of the gate; `promoted`: it became the champion. */
    event: z.enum(['registered', 'passed', 'refused', 'promoted', 'rolled_back']),
  }),
  /** Each time a run of another pipeline ends so. */
  z.object({ kind: z.literal('pipeline'), pipeline: Name, state: z.enum(['succeeded', 'failed', 'cancelled']) }),
  /** Each signed request to `/api/v1/hooks/{project}/{pipeline}/{trigger}`. */
  z.object({ kind: z.literal('webhook') }),
  /** New or changed files in a folder that the server sees. */
  z.object({
    kind: z.literal('folder'),
    /** Absolute, below a folder of the setting EVENKEEL_WATCH_ROOTS. */
    path: z.string().min(1).max(1000),
    /** A glob of names; with a "/" in it, of paths below the folder. */
    pattern: z.string().min(1).max(200).default('*'),
    /** How long a file must stay as it is, and how long others are waited for. */
    debounce: Debounce.default({ quietSeconds: 30, maxWaitSeconds: 600 }),
    /** The run param that gets the paths. */
    param: Name.optional(),
  }),
  /** New or changed objects in a bucket that speaks S3. */
  z.object({
    kind: z.literal('bucket'),
    /** `s3://bucket/prefix`, with `?endpoint=https://minio.example.org` and `region=eu-central-1` where they are needed. */
    url: z.string().min(1).max(1000),
    /** The secret of the project that holds `ACCESS_KEY_ID:SECRET_ACCESS_KEY`; without it requests are not signed. */
    credentialsSecret: SecretName.optional(),
    /** A glob of names; with a "/" in it, of keys below the prefix. */
    pattern: z.string().min(1).max(200).default('*'),
    everySeconds: z.number().min(5).max(86_400).default(60),
    /** How long an object must stay as it is, and how long others are waited for. */
    debounce: Debounce.default({ quietSeconds: 30, maxWaitSeconds: 600 }),
    /** The run param that gets the addresses, as `s3://bucket/key`. */
    param: Name.optional(),
  }),
  /** Each time a query answers with another value than before. */
  z.object({
    kind: z.literal('sql'),
    /** The secret of the project that holds the URL of a PostgreSQL. */
    connectionSecret: SecretName,
    /** One SELECT that gives one row with one column. */
    query: z.string().trim().min(1).max(10_000),
    everySeconds: z.number().min(5).max(86_400).default(60),
    /** The run param that gets the value as text. */
    param: Name.optional(),
  }),
])

export const TriggerSpec = z.object({
  on: TriggerSource,
  /** What `window` is cut from; the dataset of `on` when absent. */
  dataset: Name.optional(),
  /** Gives the run `trainFrom`, `trainUntil`, `holdoutFrom` and `holdoutUntil`; without it the run gets only `params`. */
  window: TrainingWindow.optional(),
  params: z.record(Name, ParamValue).default({}),
  /** No firing for so long (event time) after the last promotion; what has no event time is not held by it. */
  cooldownDays: z.number().nonnegative().default(0),
  /** No firing for so long (wall clock) after the last one that started a run. */
  cooldownSeconds: z.number().nonnegative().max(31_536_000).default(0),
  /**
   * What happens while a run of the pipeline is in progress. `skip`: nothing is started. `queue`: the firing waits for
   * its end. `replace`: only the newest one waits. When absent: `skip`, and `queue` where a cron trigger catches up on all.
   */
  whenBusy: z.enum(['skip', 'queue', 'replace']).optional(),
  /** Where its runs belong: they take the version in force there. What was applied last when absent. */
  environment: RunEnvironment.exclude(['ci']).optional(),
  enabled: z.boolean().default(true),
})
export type TriggerSpec = z.infer<typeof TriggerSpec>

/** A trigger as it is written. */
export const WrittenTrigger = TriggerSpec.extend({
  /** What a webhook is signed with; never shown again. When absent, it stays what it was. */
  secret: z.string().min(16).max(256).optional(),
})
export type WrittenTrigger = z.infer<typeof WrittenTrigger>

/** `pending`: it waits for more of the same to come, or for a run to end. */
const FiringOutcome = z.enum(['pending', 'started', 'skipped'])

export const Firing = z.object({
  id: z.string(),
  pipeline: Name,
  trigger: Name,
  kind: TriggerKind,
  outcome: FiringOutcome,
  /** What happened, and why it started nothing when it did not. */
  says: z.string(),
  eventTime: EventTime.nullable(),
  /** What stood behind it: dataset versions, the run, headers. */
  evidence: z.record(z.string(), z.unknown()),
  /** When a firing that waits for more to come is decided. */
  dueAt: Timestamp.nullable(),
  runId: z.string().nullable(),
  firedAt: Timestamp,
})
export type Firing = z.infer<typeof Firing>

const Pause = z.object({ by: z.string(), why: z.string(), at: Timestamp })

export const Trigger = z.object({
  pipeline: Name,
  name: Name,
  spec: TriggerSpec,
  /** Paused by itself, or with the whole project; its occasions are written down as skipped. */
  paused: Pause.nullable(),
  lastFiring: Firing.nullable(),
  /** The next occurrence of a cron trigger, or when a waiting firing is due. */
  nextAt: Timestamp.nullable(),
  /** Why the folder, bucket or query that it watches gave nothing when it was looked at last. */
  problem: z.string().nullable().default(null),
})
export type Trigger = z.infer<typeof Trigger>

/** What a trigger would do now. */
export const TriggerTest = z.object({
  wouldStart: z.boolean(),
  says: z.string(),
  /** The next five occurrences of a cron trigger. */
  next: z.array(Timestamp),
  lastDays: z.object({
    /** How often it would have fired in the last 30 days; null when that cannot be known. */
    count: z.int().nullable(),
    says: z.string(),
  }),
})
export type TriggerTest = z.infer<typeof TriggerTest>

export const triggersErrors = defineErrors({
  'pipelines.trigger_not_found': {
    status: 404,
    message: 'No such trigger.',
    fix: 'List them with: evenkeel api GET /api/v1/triggers. A pipeline file declares them under "on".',
    details: z.object({ pipeline: z.string(), trigger: z.string() }),
  },
  'pipelines.trigger_invalid': {
    status: 422,
    message: 'The trigger can never fire as it is written; nothing was stored.',
    fix: 'Correct what the detail names.',
    details: z.object({ reason: z.string() }),
  },
  'pipelines.hook_refused': {
    status: 401,
    message: 'The request does not prove that it comes from who may fire this trigger.',
    fix: 'Check the address, the secret, the clock of the sender and that the body is signed as it is sent.',
    details: z.object({}),
  },
})

const one = z.object({ pipeline: Name, trigger: Name })
const why = z.object({ why: z.string().trim().min(1).max(500) })

export const triggers = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/triggers',
    summary: 'List the triggers of all pipelines, and whether all of them are paused.',
    access: 'pipelines:read',
    success: { status: 200, body: z.object({ items: z.array(Trigger), paused: Pause.nullable() }) },
    errors: [],
  },
  listFirings: {
    method: 'GET',
    path: '/api/v1/firings',
    summary: 'List the firings of all triggers, also those that started nothing, newest first.',
    access: 'pipelines:read',
    query: PageQuery.extend({
      pipeline: Name.optional(),
      trigger: Name.optional(),
      outcome: FiringOutcome.optional(),
    }),
    success: { status: 200, body: pageOf(Firing) },
    errors: [],
  },
  pauseAll: {
    method: 'POST',
    path: '/api/v1/triggers/pause',
    summary: 'Pause every trigger of the project: their occasions are written down and start nothing.',
    access: 'pipelines:write',
    body: why,
    success: { status: 200, body: z.object({ paused: Pause.nullable() }) },
    errors: [],
  },
  resumeAll: {
    method: 'POST',
    path: '/api/v1/triggers/resume',
    summary: 'Take the pause of the project back; a trigger that was paused by itself stays so.',
    access: 'pipelines:write',
    body: why,
    success: { status: 200, body: z.object({ paused: Pause.nullable() }) },
    errors: [],
  },
  pause: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/triggers/{trigger}/pause',
    summary: 'Pause a trigger: its occasions are written down and start nothing.',
    access: 'pipelines:write',
    params: one,
    body: why,
    success: { status: 200, body: Trigger },
    errors: ['pipelines.trigger_not_found'],
  },
  resume: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/triggers/{trigger}/resume',
    summary: 'Resume a trigger; what happened while it was paused stays skipped.',
    access: 'pipelines:write',
    params: one,
    body: why,
    success: { status: 200, body: Trigger },
    errors: ['pipelines.trigger_not_found'],
  },
  remove: {
    method: 'DELETE',
    path: '/api/v1/pipelines/{pipeline}/triggers/{trigger}',
    summary: 'Delete a trigger; its firings stay.',
    access: 'pipelines:write',
    params: one,
    success: { status: 200, body: Trigger },
    errors: ['pipelines.trigger_not_found'],
  },
  test: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/triggers/{trigger}/test',
    summary: 'Say whether a trigger would start a run now, without starting one.',
    access: 'pipelines:read',
    params: one,
    success: { status: 200, body: TriggerTest },
    errors: ['pipelines.trigger_not_found'],
  },
  receive: {
    method: 'POST',
    path: '/api/v1/hooks/{project}/{pipeline}/{trigger}',
    summary:
      'Fire a webhook trigger. Sign with `X-Evenkeel-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, or ' +
      'as GitHub does. A repeat, told by `Idempotency-Key`, else the delivery id, else the body, fires once.',
    access: 'public',
    params: z.object({ project: Name, ...one.shape }),
    upload: { kind: 'bytes', limitBytes: 256 * 1024 },
    success: { status: 202, body: z.object({ firing: z.string() }) },
    errors: ['pipelines.hook_refused'],
  },
})
