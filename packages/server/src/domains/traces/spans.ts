import { type SentSpan, tracesErrors } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import type { TracesDeps } from './deps.ts'
import { locationOf } from './deps.ts'
import { most } from './limits.ts'
import { factsOf, type SpanFacts } from './span-facts.ts'
import { spanStore } from './span-store.ts'
import { placeTags, type TraceRow, traceStore } from './trace-store.ts'
import { totalOf } from './usage.ts'

const fail = failures(tracesErrors)

type StoredSpan = SpanFacts & { readonly sizeBytes: number }

/** Spans as they come, before or after their trace is told of, in one transaction a batch. */
export function createSpans({ db, activeExperiment }: TracesDeps) {
  return {
    /**
     * Keeps a batch of spans, of any traces.
     *
     * @returns ids of the traces whose root was among them
     * @throws DomainError `traces.bad_span`, `traces.too_large`, `tracking.experiment_not_found`; nothing is kept then
     */
    async add(caller: Caller, experimentId: string, sent: readonly SentSpan[]): Promise<readonly string[]> {
      const byTrace = Map.groupBy(lastOfEach(sent.map(factsOf)), ({ traceId }) => traceId)
      const experiment = await activeExperiment(caller, experimentId)
      const traces = [...byTrace].map(([id, spans]) => ({
        id,
        requestedMs: beginMs(spans),
        location: locationOf(experiment, id),
      }))
      await db.transaction().execute(async (tx) => {
        const rows = await traceStore(tx).lockOrAdd(caller.projectId, Number(experiment.id), traces)
        const placed = rows.flatMap((row) =>
          byTrace.get(row.trace_id)!.map((span) => ({ ...span, traceNumber: row.trace_number })),
        )
        const replaced = await spanStore(tx).put(placed)
        for (const row of rows) {
          const spans = byTrace.get(row.trace_id)!
          const { count, bytes } = replaced.get(row.trace_number) ?? { count: 0, bytes: 0 }
          const size = {
            span_count: row.span_count + spans.length - count,
            span_bytes: row.span_bytes + bytesOf(spans) - bytes,
          }
          requireRoom(row.trace_id, size)
          await traceStore(tx).follow(row.trace_number, {
            ...size,
            ...timesOf(row, spans),
            ...previewsOf(row, spans),
            state: stateOf(row, spans),
            tags: { ...tagsOf(row, spans), [placeTags.spans]: 'TRACKING_STORE' },
            metadata: { ...aboutUser(row, spans), ...(await usageOf(spanStore(tx), row, spans)) },
          })
        }
      })
      return [...byTrace].filter(([, spans]) => spans.some(isRoot)).map(([id]) => id)
    },
  }
}

const isRoot = ({ parentId }: SpanFacts) => parentId === null

/** A batch may hold a span twice: the last one counts. */
function lastOfEach(spans: readonly SpanFacts[]): StoredSpan[] {
  const last = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]))
  return [...last.values()].map((span) => ({ ...span, sizeBytes: Buffer.byteLength(span.body) }))
}

const bytesOf = (spans: readonly StoredSpan[]) => spans.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

const milliseconds = (nanoseconds: bigint) => Number(nanoseconds / 1_000_000n)

const beginMs = (spans: readonly SpanFacts[]) => Math.min(...spans.map(({ startedNs }) => milliseconds(startedNs)))

function requireRoom(trace: string, { span_count, span_bytes }: { span_count: number; span_bytes: number }): void {
  const tooMany = span_count > most.spans
  if (!tooMany && span_bytes <= most.spanBytes) return
  const limit = tooMany ? most.spans : most.spanBytes
  const why = `The trace ${trace} would have ${tooMany ? `${span_count} spans` : `${span_bytes} bytes of spans`}, and ${limit} is the most.`
  throw fail('traces.too_large', { limit }, { why })
}

/** From the first begin to the last end, unless the client has told. */
function timesOf(row: TraceRow, spans: readonly SpanFacts[]) {
  if (row.is_told) return {}
  const requested_ms = Math.min(row.requested_ms, beginMs(spans))
  const ends = spans.flatMap(({ endedNs }) => (endedNs === null ? [] : [milliseconds(endedNs)]))
  if (row.duration_ms !== null) ends.push(row.requested_ms + row.duration_ms)
  return { requested_ms, duration_ms: ends.length === 0 ? null : Math.max(...ends) - requested_ms }
}

function stateOf({ state }: TraceRow, spans: readonly SpanFacts[]) {
  const root = spans.find(isRoot)
  if (!root || (state !== 'IN_PROGRESS' && state !== 'STATE_UNSPECIFIED')) return state
  return root.status === 'ERROR' ? 'ERROR' : 'OK'
}

function previewsOf({ request_preview, response_preview }: TraceRow, spans: readonly SpanFacts[]) {
  const root = spans.find(isRoot)
  return {
    request_preview: request_preview ?? root?.requestPreview ?? null,
    response_preview: response_preview ?? root?.responsePreview ?? null,
  }
}

/** What spans say of their program. Past the limit no name is added, so that there is room for what clients tell. */
function tagsOf({ tags: before }: TraceRow, spans: readonly SpanFacts[]): Record<string, string> {
  const tags = Object.assign({}, ...spans.map((span) => span.tags)) as Record<string, string>
  const added = Object.keys(tags).filter((key) => !Object.hasOwn(before, key))
  const room = Math.max(0, most.spanTags - Object.keys({ ...before, [placeTags.spans]: '' }).length)
  for (const key of added.slice(room)) delete tags[key]
  return tags
}

function aboutUser({ metadata }: TraceRow, spans: readonly SpanFacts[]): Record<string, string> {
  const session = spans.find((span) => span.session !== null)?.session
  const user = spans.find((span) => span.user !== null)?.user
  return {
    ...(session && !metadata['mlflow.trace.session'] && { 'mlflow.trace.session': session }),
    ...(user && !metadata['mlflow.trace.user'] && { 'mlflow.trace.user': user }),
  }
}

/** What the whole trace used, counted anew: a span may stand for others that came in another batch. */
async function usageOf(
  store: ReturnType<typeof spanStore>,
  { trace_number, is_told, metadata }: TraceRow,
  spans: readonly SpanFacts[],
): Promise<Record<string, string>> {
  const wanted = (['usage', 'cost'] as const).filter(
    (kind) => spans.some((span) => span[kind] !== null) && !(is_told && metadata[totals[kind]]),
  )
  if (wanted.length === 0) return {}
  const rows = await store.counted(trace_number)
  return Object.fromEntries(
    wanted.map((kind) => {
      const total = totalOf(rows.map((row) => ({ spanId: row.span_id, parentId: row.parent_id, amounts: row[kind] })))
      return [totals[kind], JSON.stringify(total)]
    }),
  )
}

const totals = { usage: 'mlflow.trace.tokenUsage', cost: 'mlflow.trace.cost' } as const
