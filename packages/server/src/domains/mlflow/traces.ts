import type { NewTrace, TraceInfo } from '@evenkeel/contract'
import type { MlflowSentTraceInfo, MlflowTraceInfo, mlflowTraces } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import { assessmentOf, presentAssessment } from './assessments.ts'
import { encoded, type RpcHandlers } from './face.ts'
import { durationOf, durationText, momentOf, momentText } from './times.ts'
import { done } from './values.ts'

interface WithSpans {
  readonly info: TraceInfo
  /** JSON texts. */
  readonly spans: readonly string[]
}

/** What the face needs of those who keep traces. */
export interface TracesNeeds {
  tell(caller: Caller, trace: NewTrace): Promise<TraceInfo>
  getInfo(caller: Caller, id: string): Promise<TraceInfo>
  getInfos(caller: Caller, ids: readonly string[]): Promise<readonly TraceInfo[]>
  get(caller: Caller, id: string, options: { allowPartial: boolean }): Promise<WithSpans>
  getMany(caller: Caller, ids: readonly string[]): Promise<readonly WithSpans[]>
  search(
    caller: Caller,
    search: {
      readonly experimentIds: readonly string[]
      readonly filter: string
      readonly maxResults: number
      readonly orderBy: readonly string[]
      readonly pageToken?: string | undefined
    },
  ): Promise<{ traces: readonly TraceInfo[]; nextPageToken: string | null }>
  delete(
    caller: Caller,
    experimentId: string,
    which: { ids: readonly string[]; untilMs: number | undefined; most: number | undefined },
  ): Promise<number>
  setTag(caller: Caller, traceId: string, key: string, value: string): Promise<void>
  deleteTag(caller: Caller, traceId: string, key: string): Promise<void>
  linkToRun(caller: Caller, traceIds: readonly string[], runId: string): Promise<void>
  linkPrompts(caller: Caller, traceId: string, prompts: readonly { name: string; version: string }[]): Promise<void>
}

export function traceHandlers(traces: TracesNeeds): RpcHandlers<typeof mlflowTraces> {
  return {
    startTrace: async ({ trace: { trace_info } }, caller) => ({
      trace: { trace_info: presentTrace(await traces.tell(caller, traceOf(trace_info))) },
    }),
    getTrace: async ({ trace_id, allow_partial }, caller) => {
      const found = await traces.get(caller, trace_id, { allowPartial: allow_partial })
      return encoded(`{"trace":${traceText(found)}}`)
    },
    batchGetTraces: async ({ trace_ids }, caller) => {
      const found = await traces.getMany(caller, trace_ids)
      return encoded(`{"traces":[${found.map(traceText).join()}]}`)
    },
    batchGetTraceInfos: async ({ trace_ids }, caller) => ({
      trace_infos: (await traces.getInfos(caller, trace_ids)).map(presentTrace),
    }),
    searchTraces: async ({ locations, filter, max_results, order_by, page_token }, caller) => {
      const { traces: found, nextPageToken } = await traces.search(caller, {
        experimentIds: locations.flatMap(({ mlflow_experiment: one }) => (one ? [one.experiment_id] : [])),
        filter,
        maxResults: max_results,
        orderBy: order_by,
        pageToken: page_token,
      })
      return { traces: found.map(presentTrace), ...(nextPageToken !== null && { next_page_token: nextPageToken }) }
    },
    deleteTraces: async ({ experiment_id, request_ids, max_timestamp_millis, max_traces }, caller) => ({
      traces_deleted: await traces.delete(caller, experiment_id, {
        ids: request_ids,
        untilMs: max_timestamp_millis === undefined ? undefined : Number(max_timestamp_millis),
        most: max_traces,
      }),
    }),
    setTraceTag: ({ trace_id, key, value }, caller) => done(traces.setTag(caller, trace_id, key, value)),
    deleteTraceTag: ({ trace_id, key }, caller) => done(traces.deleteTag(caller, trace_id, key)),
    linkTracesToRun: ({ trace_ids, run_id }, caller) => done(traces.linkToRun(caller, trace_ids, run_id)),
    linkPromptsToTrace: ({ trace_id, prompt_versions }, caller) =>
      done(traces.linkPrompts(caller, trace_id, prompt_versions)),
    getTraceInfo: async ({ trace_id }, caller) => ({
      trace: { trace_info: presentTrace(await traces.getInfo(caller, trace_id)) },
    }),
  }
}

function traceOf(sent: MlflowSentTraceInfo): NewTrace {
  const experimentId = sent.trace_location.mlflow_experiment?.experiment_id
  if (experimentId === undefined) {
    const why = 'A trace lies in an experiment: trace_location.mlflow_experiment.experiment_id is missing.'
    throw failPlatform('http.invalid_request', { issues: [{ path: 'trace_location', message: why }] }, { why })
  }
  return {
    id: sent.trace_id,
    experimentId,
    clientRequestId: sent.client_request_id || null,
    state: sent.state,
    requestedMs: sent.request_time === undefined ? Date.now() : momentOf('request_time', sent.request_time),
    durationMs:
      sent.execution_duration === undefined ? null : durationOf('execution_duration', sent.execution_duration),
    requestPreview: sent.request_preview ?? null,
    responsePreview: sent.response_preview ?? null,
    tags: sent.tags,
    metadata: sent.trace_metadata,
    assessments: sent.assessments.map(assessmentOf),
  }
}

/** Spans stay the text that the database made of them. */
const traceText = ({ info, spans }: WithSpans): string =>
  `{"trace_info":${JSON.stringify(presentTrace(info))},"spans":[${spans.join()}]}`

const presentTrace = (trace: TraceInfo): MlflowTraceInfo => ({
  trace_id: trace.id,
  ...(trace.clientRequestId !== null && { client_request_id: trace.clientRequestId }),
  trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: trace.experimentId } },
  ...(trace.requestPreview !== null && { request_preview: trace.requestPreview }),
  ...(trace.responsePreview !== null && { response_preview: trace.responsePreview }),
  request_time: momentText(trace.requestedMs),
  ...(trace.durationMs !== null && { execution_duration: durationText(trace.durationMs) }),
  state: trace.state,
  trace_metadata: trace.metadata,
  tags: trace.tags,
  assessments: trace.assessments.map(presentAssessment),
})
