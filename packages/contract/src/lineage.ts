import { z } from 'zod'
import { Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'

/** What goes into one event of others, at most. */
export const lineageLimits = {
  bodyBytes: 2 * 1024 ** 2,
  /** Objects and lists within one another. */
  depth: 64,
  /** Inputs and outputs of one event. */
  datasets: 2000,
  /** Graph that one question answers. */
  nodes: 500,
} as const

/** Text that can be stored and told apart: no NUL, no half of a surrogate pair, not endless. */
const Text = z
  .string()
  .min(1)
  .max(2000)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), {
    error: 'holds a character that cannot be stored (NUL or half of a surrogate pair)',
  })

const Facets = z.record(z.string(), z.unknown())
const Job = z.looseObject({ namespace: Text, name: Text, facets: Facets.optional() })
const DatasetRef = z.looseObject({ namespace: Text, name: Text, facets: Facets.optional() })
const Datasets = z.array(DatasetRef).max(lineageLimits.datasets).optional()

/**
 * What the core of OpenLineage 2-0-2 asks of an event: a run of a job, a job, or a dataset. What it does not name is kept
 * as it is.
 */
export const OpenLineageEvent = z
  .looseObject({
    eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']).optional(),
    /** When it happened, RFC 3339 with a time zone. */
    eventTime: z.iso.datetime({ offset: true }),
    producer: Text,
    schemaURL: z.string().max(2000).optional(),
    run: z.looseObject({ runId: z.guid(), facets: Facets.optional() }).optional(),
    job: Job.optional(),
    dataset: DatasetRef.optional(),
    inputs: Datasets,
    outputs: Datasets,
  })
  .superRefine((event, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message })
    if (!event.job && !event.dataset) refuse('an event speaks of a job (with or without a run) or of a dataset')
    if (event.run && !event.job) refuse('a run needs the job it is a run of')
    const problem = whyNotStorable(event)
    if (problem) refuse(problem)
  })
export type OpenLineageEvent = z.infer<typeof OpenLineageEvent>

/** Looks into every corner without recursion, so that a hostile nesting meets a limit and not the end of the stack. */
function whyNotStorable(event: unknown): string | undefined {
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value: event, depth: 1 }]
  for (let next = left.pop(); next; next = left.pop()) {
    const { value, depth } = next
    if (typeof value === 'string' && !isStorable(value)) return unstorable
    if (typeof value !== 'object' || value === null) continue
    if (depth > lineageLimits.depth) return `the event is nested deeper than ${lineageLimits.depth} levels`
    for (const [key, inner] of Object.entries(value)) {
      if (!isStorable(key)) return unstorable
      left.push({ value: inner, depth: depth + 1 })
    }
  }
  return undefined
}

const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')
const unstorable = 'the event holds a character that cannot be stored (NUL or half of a surrogate pair)'

export const LineageNodeKind = z.enum(['job', 'run', 'dataset', 'dataset_version', 'model_version', 'deployment'])
export type LineageNodeKind = z.infer<typeof LineageNodeKind>

export const LineageNode = z
  .object({
    /** Names the node for good: `dataset:<namespace>#<name>`, `run:<id>`, … */
    id: z.string(),
    kind: LineageNodeKind,
    namespace: z.string(),
    name: z.string(),
    /** Digest or number, as its producer says it. */
    version: z.string().nullable(),
    /** What a person calls it: `flights@3`. */
    label: z.string(),
    /** The last that was heard of a run: START, COMPLETE, … */
    state: z.string().nullable(),
    /** Job of a run, dataset of a version. */
    of: z.string().nullable(),
    /** `own`: Evenkeel has said so. `received`: another program has. */
    origin: z.enum(['own', 'received']),
    /** Where in Evenkeel it is shown. */
    link: z.string().nullable(),
    firstSeen: Timestamp,
    lastSeen: Timestamp,
  })
  .meta({ id: 'LineageNode' })
export type LineageNode = z.infer<typeof LineageNode>

/** Data flows from `source` to `target`; `part_of`: a run is a part of another. */
export const LineageEdge = z.object({
  source: z.string(),
  target: z.string(),
  kind: z.enum(['reads', 'writes', 'part_of']),
})
export type LineageEdge = z.infer<typeof LineageEdge>

export const LineageGraph = z.object({
  /** The node that was asked for. */
  root: z.string(),
  nodes: z.array(LineageNode),
  edges: z.array(LineageEdge),
  /** More than the limit was there; ask from another node, or less deep. */
  truncated: z.boolean(),
})
export type LineageGraph = z.infer<typeof LineageGraph>

const StoredEvent = z.object({
  id: z.string(),
  origin: z.enum(['own', 'received']),
  eventType: z.string().nullable(),
  eventTime: Timestamp,
  job: z.string().nullable(),
  run: z.string().nullable(),
  receivedAt: Timestamp,
  /** The OpenLineage event itself. */
  event: z.record(z.string(), z.unknown()),
})
export type LineageEventView = z.infer<typeof StoredEvent>

const TargetSpec = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('http'),
    /** The whole address events are sent to, e.g. `https://marquez.example.org/api/v1/lineage`. */
    url: z.url({ protocol: /^https?$/ }).max(2000),
  }),
  /** JSON lines in the data folder, `lineage/<target>.jsonl`. */
  z.object({ kind: z.literal('file') }),
])

export const LineageTarget = z
  .object({
    name: Name,
    spec: TargetSpec,
    hasKey: z.boolean(),
    lastSuccessAt: Timestamp.nullable(),
    lastError: z.string().nullable(),
    lastErrorAt: Timestamp.nullable(),
    /** When it is tried again; null when nothing went wrong. */
    nextTryAt: Timestamp.nullable(),
    /** Events that wait to be sent, and the age of the oldest of them. */
    waitingCount: z.int(),
    lagSeconds: z.number(),
    /** Events that the target refused for good; they were left out. */
    refusedCount: z.int(),
  })
  .meta({ id: 'LineageTarget' })
export type LineageTarget = z.infer<typeof LineageTarget>

export const lineageErrors = defineErrors({
  'lineage.node_not_found': {
    status: 404,
    message: 'No such node in the graph.',
    fix: 'Search for it: evenkeel lineage search TEXT',
    details: z.object({ node: z.string() }),
  },
  'lineage.node_ambiguous': {
    status: 409,
    message: 'Several nodes of the graph are called so.',
    fix: 'Ask again with one of the ids in the details.',
    details: z.object({ node: z.string(), candidates: z.array(z.string()) }),
  },
  'lineage.too_many_events': {
    status: 429,
    message: 'More events arrive than are taken in.',
    fix: 'Send them slower, and again what was refused; the same event is never counted twice.',
    details: z.object({ perSecond: z.int(), burst: z.int() }),
  },
  'lineage.target_not_found': {
    status: 404,
    message: 'No such target.',
    fix: 'evenkeel lineage targets list',
    details: z.object({ target: z.string() }),
  },
  'lineage.target_refused': {
    status: 422,
    message: 'Events must not be sent to this address; nothing was stored.',
    fix: 'Use a public http(s) address, or start the server with EVENKEEL_LINEAGE_PRIVATE_TARGETS=1.',
    details: z.object({ reason: z.string() }),
  },
  'lineage.schema_not_found': {
    status: 404,
    message: 'No such schema.',
    fix: 'Use the address in the _schemaURL of the facet.',
    details: z.object({ name: z.string() }),
  },
})

const oneTarget = z.object({ target: Name })
const nodeText = z.string().min(1).max(4200)

export const lineage = defineEndpoints({
  receive: {
    method: 'POST',
    path: '/api/v1/lineage',
    summary: 'Take in one OpenLineage event; the same event again changes nothing.',
    access: 'lineage:write',
    body: OpenLineageEvent,
    bodyLimitBytes: lineageLimits.bodyBytes,
    success: { status: 201, body: z.object({ id: z.string() }) },
    errors: ['lineage.too_many_events'],
  },
  graph: {
    method: 'GET',
    path: '/api/v1/lineage/graph',
    summary: 'Read what a node comes from and what comes from it.',
    access: 'lineage:read',
    query: z.object({
      /** An id, or a name such as `flights`, `dataset:flights`, `model_version:flight-delay@3`, a run. */
      node: nodeText,
      depth: z.coerce.number<number>().int().min(1).max(20).default(6),
      direction: z.enum(['upstream', 'downstream', 'both']).default('both'),
    }),
    success: { status: 200, body: LineageGraph },
    errors: ['lineage.node_not_found', 'lineage.node_ambiguous'],
  },
  nodes: {
    method: 'GET',
    path: '/api/v1/lineage/nodes',
    summary: 'Search nodes by a part of their name, the last heard of first.',
    access: 'lineage:read',
    query: z.object({
      text: z.string().max(200).default(''),
      kind: LineageNodeKind.optional(),
      limit: z.coerce.number<number>().int().min(1).max(200).default(50),
    }),
    success: { status: 200, body: z.object({ items: z.array(LineageNode) }) },
    errors: [],
  },
  events: {
    method: 'GET',
    path: '/api/v1/lineage/events',
    summary: 'List OpenLineage events, ours and those of others, newest first.',
    access: 'lineage:read',
    query: PageQuery.extend({
      run: z.guid().optional(),
      origin: z.enum(['own', 'received']).optional(),
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    }),
    success: { status: 200, body: pageOf(StoredEvent) },
    errors: [],
  },
  listTargets: {
    method: 'GET',
    path: '/api/v1/lineage/targets',
    summary: 'List where our events are sent, and how far that is.',
    access: 'lineage:read',
    success: { status: 200, body: z.object({ items: z.array(LineageTarget) }) },
    errors: [],
  },
  putTarget: {
    method: 'PUT',
    path: '/api/v1/lineage/targets/{target}',
    summary: 'Send our events to an address, or into a file of JSON lines.',
    access: 'lineage:admin',
    params: oneTarget,
    body: z.object({
      spec: TargetSpec,
      /** Sent as `Authorization: Bearer`; never shown again. When absent, it stays what it was. */
      key: z
        .string()
        .min(1)
        .max(4000)
        .regex(/^[\x21-\x7e]+$/)
        .optional(),
      /** Which events a new target gets: from now on, or all there are. */
      from: z.enum(['now', 'beginning']).default('now'),
    }),
    success: { status: 200, body: LineageTarget },
    errors: ['lineage.target_refused'],
  },
  removeTarget: {
    method: 'DELETE',
    path: '/api/v1/lineage/targets/{target}',
    summary: 'Send our events there no longer.',
    access: 'lineage:admin',
    params: oneTarget,
    success: { status: 200, body: LineageTarget },
    errors: ['lineage.target_not_found'],
  },
  schema: {
    method: 'GET',
    path: '/api/v1/lineage/schemas/{version}/{name}',
    summary: 'Read the JSON Schema of a facet of ours; it never changes.',
    access: 'public',
    params: z.object({ version: z.string().max(20), name: z.string().max(100) }),
    success: { status: 200, body: z.record(z.string(), z.unknown()) },
    errors: ['lineage.schema_not_found'],
  },
})
