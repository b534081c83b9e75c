import { type NewTrace, type TraceInfo, tracesErrors } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { addAssessment, presentAssessment, traceNotFound } from './assessments.ts'
import { locationOf, type TracesDeps } from './deps.ts'
import { cut, keptTexts, limits, most, requireCount, requireLength } from './limits.ts'
import { spanStore } from './span-store.ts'
import { placeTags, traceStore, type WholeRow } from './trace-store.ts'

const fail = failures(tracesErrors)

export interface TraceWithSpans {
  readonly info: TraceInfo
  /** Spans of OpenTelemetry as JSON texts: the root first, then in the order in which they began. */
  readonly spans: readonly string[]
}

/** Which traces go: those that are named, or those up to a moment, the oldest first. */
export interface Deletion {
  readonly ids: readonly string[]
  readonly untilMs: number | undefined
  readonly most: number | undefined
}

/** A client tells of a trace and sends its spans at once: how long a reader waits for what is still on its way. */
const pausesMs = [0, 250, 750, 1500]

export function createTraces({ db, now, activeExperiment, requireRun }: TracesDeps) {
  const store = traceStore(db)

  async function infos({ projectId }: Caller, ids: readonly string[]): Promise<readonly WholeRow[]> {
    requireCount('trace_ids', ids.length, most.batch)
    const rows = new Map((await store.find(projectId, ids)).map((row) => [row.trace_id, row]))
    return [...new Set(ids)].flatMap((id) => rows.get(id) ?? [])
  }

  async function one(caller: Caller, id: string): Promise<WholeRow> {
    const [row] = await infos(caller, [id])
    if (!row) throw traceNotFound(id)
    return row
  }

  async function withSpans(rows: readonly WholeRow[]): Promise<TraceWithSpans[]> {
    const bytes = rows.reduce((sum, { span_bytes }) => sum + span_bytes, 0)
    if (bytes > most.batchBytes) {
      const why = `The spans of these ${rows.length} traces are ${bytes} bytes, and ${most.batchBytes} are read at once; ask for fewer.`
      throw fail('traces.too_large', { limit: most.batchBytes }, { why })
    }
    const bodies = await spanStore(db).bodies(rows.map(({ trace_number }) => trace_number))
    return rows.map((row) => ({ info: presentTrace(row), spans: bodies.get(row.trace_number) ?? [] }))
  }

  return {
    /** @throws DomainError `traces.bad_value`, `tracking.experiment_not_found` */
    async tell(caller: Caller, trace: NewTrace): Promise<TraceInfo> {
      requireLength('Trace id', trace.id, limits.traceId)
      if (trace.clientRequestId !== null) requireLength('Client request id', trace.clientRequestId, limits.key)
      requireCount('assessments', trace.assessments.length, most.assessments)
      const experiment = await activeExperiment(caller, trace.experimentId)
      const { [placeTags.spans]: _place, ...tags } = keptTexts('tags', trace.tags)
      await db.transaction().execute(async (tx) => {
        const row = await traceStore(tx).tell(caller.projectId, {
          ...trace,
          experimentId: Number(experiment.id),
          requestPreview: trace.requestPreview && cut(trace.requestPreview, limits.preview),
          responsePreview: trace.responsePreview && cut(trace.responsePreview, limits.preview),
          tags: { ...tags, [placeTags.files]: locationOf(experiment, trace.id) },
          metadata: keptTexts('metadata', trace.metadata),
        })
        requireCount('tags', row.tag_count, most.texts)
        requireCount('metadata', row.metadata_count, most.texts)
        for (const assessment of trace.assessments) await addAssessment(tx, row.trace_number, assessment, now())
      })
      return presentTrace(await one(caller, trace.id))
    },

    getInfo: async (caller: Caller, id: string): Promise<TraceInfo> => presentTrace(await one(caller, id)),

    /** In the order that they are asked for; those that are not there are left out. */
    getInfos: async (caller: Caller, ids: readonly string[]): Promise<TraceInfo[]> =>
      (await infos(caller, ids)).map(presentTrace),

    /** @throws DomainError `traces.not_complete` when spans are missing for seconds */
    async get(caller: Caller, id: string, { allowPartial }: { allowPartial: boolean }): Promise<TraceWithSpans> {
      let row = await one(caller, id)
      for (const pauseMs of allowPartial ? [] : pausesMs) {
        if (isComplete(row)) break
        await delay(pauseMs)
        row = await one(caller, id)
      }
      if (!allowPartial && !isComplete(row)) {
        const why = `Trace with ID ${id} is not fully exported yet, please try again later.`
        throw fail('traces.not_complete', { trace: id, spans: row.span_count, expected: expectedSpans(row) }, { why })
      }
      return (await withSpans([row]))[0]!
    },

    /** Those that are complete, in the order that they are asked for. */
    getMany: async (caller: Caller, ids: readonly string[]): Promise<TraceWithSpans[]> =>
      withSpans((await infos(caller, ids)).filter(isComplete)),

    /** @returns how many were deleted */
    async delete({ projectId }: Caller, experimentId: string, deletion: Deletion): Promise<number> {
      requireDeletion(deletion)
      if (!/^\d{1,15}$/.test(experimentId)) return 0
      return store.delete(projectId, Number(experimentId), deletion)
    },

    async setTag({ projectId }: Caller, traceId: string, key: string, value: string): Promise<void> {
      requireChangeable(key)
      await db.transaction().execute(async (tx) => {
        const row = await traceStore(tx).lock({ projectId, traceId })
        if (!row) throw traceNotFound(traceId)
        const { [key]: kept, ...others } = { ...(row.tags as object), ...keptTexts('tags', { [key]: value }) }
        requireCount('tags', Object.keys(others).length + 1, most.texts)
        await traceStore(tx).setTag(row.trace_number, key, kept!)
      })
    },

    async deleteTag({ projectId }: Caller, traceId: string, key: string): Promise<void> {
      requireChangeable(key)
      await db.transaction().execute(async (tx) => {
        const row = await traceStore(tx).lock({ projectId, traceId })
        if (!row) throw traceNotFound(traceId)
        if (!Object.hasOwn(row.tags as object, key)) {
          const why = `No trace tag with key '${key}' for trace with ID '${traceId}'`
          throw fail('traces.tag_not_found', { trace: traceId, key }, { why })
        }
        await traceStore(tx).deleteTag(row.trace_number, key)
      })
    },

    /** Ids of traces that are not there are nobody's. */
    async linkToRun(caller: Caller, traceIds: readonly string[], runId: string): Promise<void> {
      requireCount('traces', traceIds.length, most.links)
      await requireRun(caller, runId)
      await store.linkRun(caller.projectId, traceIds, runId)
    },

    async linkPrompts(
      { projectId }: Caller,
      traceId: string,
      prompts: readonly { readonly name: string; readonly version: string }[],
    ): Promise<void> {
      requireCount('prompts', prompts.length, most.links)
      await db.transaction().execute(async (tx) => {
        const row = await traceStore(tx).lock({ projectId, traceId })
        if (!row) throw traceNotFound(traceId)
        if (prompts.length > 0) await traceStore(tx).linkPrompts(row.trace_number, prompts)
      })
    },
  }
}

function requireDeletion({ ids, untilMs, most: limit }: Deletion): void {
  const why =
    ids.length === 0 && untilMs === undefined
      ? 'Either `max_timestamp_millis` or `trace_ids` must be specified.'
      : ids.length > 0 && (untilMs !== undefined || limit !== undefined)
        ? '`max_timestamp_millis` and `max_traces` cannot be specified together with `trace_ids`.'
        : limit !== undefined && limit <= 0
          ? '`max_traces` must be a positive integer.'
          : undefined
  if (why !== undefined) throw fail('traces.bad_value', { field: 'max_timestamp_millis' }, { why })
}

function requireChangeable(key: string): void {
  if (key !== placeTags.files && key !== placeTags.spans) return
  throw fail('traces.bad_value', { field: key }, { why: `Tag '${key}' is immutable and cannot be set on a trace.` })
}

/** What the client says there are. */
function expectedSpans({ metadata }: WholeRow): number {
  try {
    return Number((JSON.parse(metadata['mlflow.trace.sizeStats'] ?? '{}') as { num_spans?: unknown }).num_spans) || 1
  } catch {
    return 1
  }
}

const isComplete = (row: WholeRow) => row.span_count >= expectedSpans(row)

export const presentTrace = (row: WholeRow): TraceInfo => ({
  id: row.trace_id,
  experimentId: String(row.experiment_id),
  clientRequestId: row.client_request_id,
  state: row.state,
  requestedMs: row.requested_ms,
  durationMs: row.duration_ms,
  requestPreview: row.request_preview,
  responsePreview: row.response_preview,
  tags: row.tags,
  metadata: row.metadata,
  assessments: row.assessments.map((assessment) => presentAssessment(row.trace_id, assessment)),
})
