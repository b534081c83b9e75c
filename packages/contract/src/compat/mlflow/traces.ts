import { z } from 'zod'
import { MlflowAssessment, mlflowSentAssessment } from './assessments.ts'
import { defineRpcs } from './rpc.ts'
import { enumeration, flag, int32, int64, repeated, required } from './scalars.ts'

const stateNumbers = { STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const
const text = z.string().optional()
const texts = z.record(z.string(), z.string())

const location = z.object({
  type: enumeration({ TRACE_LOCATION_TYPE_UNSPECIFIED: 0, MLFLOW_EXPERIMENT: 1, INFERENCE_TABLE: 2 }).optional(),
  mlflow_experiment: z.object({ experiment_id: required }).optional(),
})

export const MlflowTraceInfo = z
  .object({
    trace_id: z.string(),
    client_request_id: text,
    trace_location: z.object({
      type: z.literal('MLFLOW_EXPERIMENT'),
      mlflow_experiment: z.object({ experiment_id: z.string() }),
    }),
    request_preview: text,
    response_preview: text,
    /** RFC 3339, in UTC. */
    request_time: z.string(),
    /** `"1.5s"` */
    execution_duration: text,
    state: z.enum(['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS']),
    trace_metadata: texts,
    tags: texts,
    assessments: z.array(MlflowAssessment),
  })
  .meta({ id: 'MlflowTraceInfo' })
export type MlflowTraceInfo = z.infer<typeof MlflowTraceInfo>

const sentInfo = z.object({
  trace_id: required,
  client_request_id: text,
  trace_location: location,
  request_preview: text,
  response_preview: text,
  request_time: text,
  execution_duration: text,
  state: enumeration(stateNumbers).default('STATE_UNSPECIFIED'),
  trace_metadata: texts.default({}),
  tags: texts.default({}),
  assessments: repeated(mlflowSentAssessment),
})
export type MlflowSentTraceInfo = z.output<typeof sentInfo>

/** Spans of OpenTelemetry, in proto JSON. */
const spans = z.array(z.unknown())
const whole = z.object({ trace_info: MlflowTraceInfo, spans })

const read = { versions: ['3.0'], access: 'tracking:read' } as const
const write = { versions: ['3.0'], access: 'tracking:write' } as const
const both = { versions: ['2.0', '3.0'], access: 'tracking:write' } as const
const nothing = z.object({})
const one = z.object({ trace_id: required })

/** Traces, as the MLflow client speaks of them; their spans come by OpenTelemetry's own protocol. */
export const mlflowTraces = defineRpcs({
  startTrace: {
    ...write,
    methods: ['POST'],
    path: 'traces',
    summary: 'Tell what is known of a trace as a whole.',
    keepsNullsOf: ['value'],
    request: z.object({ trace: z.object({ trace_info: sentInfo }) }),
    response: z.object({ trace: z.object({ trace_info: MlflowTraceInfo }) }),
  },
  getTrace: {
    ...read,
    methods: ['GET'],
    path: 'traces/get',
    summary: 'Read a trace with its spans.',
    request: one.extend({ allow_partial: flag.default(false) }),
    response: z.object({ trace: whole }),
  },
  batchGetTraces: {
    ...read,
    methods: ['GET'],
    path: 'traces/batchGet',
    summary: 'Read traces with their spans, those that are complete.',
    request: z.object({ trace_ids: repeated(required) }),
    response: z.object({ traces: z.array(whole) }),
  },
  batchGetTraceInfos: {
    ...read,
    methods: ['POST'],
    path: 'traces/batchGetInfos',
    summary: 'Read traces without their spans.',
    request: z.object({ trace_ids: repeated(required) }),
    response: z.object({ trace_infos: z.array(MlflowTraceInfo) }),
  },
  searchTraces: {
    ...read,
    methods: ['POST'],
    path: 'traces/search',
    summary: 'Find traces of experiments, newest first.',
    request: z.object({
      locations: repeated(location),
      filter: z.string().default(''),
      max_results: int32.default(100),
      order_by: repeated(z.string()),
      page_token: text,
    }),
    response: z.object({ traces: z.array(MlflowTraceInfo), next_page_token: text }),
  },
  deleteTraces: {
    ...both,
    methods: ['POST'],
    path: 'traces/delete-traces',
    summary: 'Delete traces of an experiment for good: those that are named, or the oldest.',
    request: z.object({
      experiment_id: required,
      max_timestamp_millis: int64.optional(),
      max_traces: int32.optional(),
      request_ids: repeated(z.string()),
    }),
    response: z.object({ traces_deleted: z.int() }),
  },
  setTraceTag: {
    ...both,
    methods: ['PATCH'],
    path: 'traces/{trace_id}/tags',
    summary: 'Set a tag of a trace.',
    request: one.extend({ key: required, value: z.string().default('') }),
    response: nothing,
  },
  deleteTraceTag: {
    ...both,
    methods: ['DELETE'],
    path: 'traces/{trace_id}/tags',
    summary: 'Delete a tag of a trace.',
    request: one.extend({ key: required }),
    response: nothing,
  },
  linkTracesToRun: {
    ...both,
    methods: ['POST'],
    path: 'traces/link-to-run',
    summary: 'Note that up to 100 traces belong to a run.',
    request: z.object({ trace_ids: repeated(required), run_id: required }),
    response: nothing,
  },
  linkPromptsToTrace: {
    ...both,
    methods: ['POST'],
    path: 'traces/link-prompts',
    summary: 'Note which versions of prompts a trace used.',
    request: one.extend({ prompt_versions: repeated(z.object({ name: required, version: required })) }),
    response: nothing,
  },
  getTraceInfo: {
    ...read,
    methods: ['GET'],
    path: 'traces/{trace_id}',
    summary: 'Read a trace without its spans.',
    request: one,
    response: z.object({ trace: z.object({ trace_info: MlflowTraceInfo }) }),
  },
})
