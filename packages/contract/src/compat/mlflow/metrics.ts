import { z } from 'zod'
import { defineRpcs } from './rpc.ts'
import { double, doubleReply, int32, int64, int64Reply, repeated, required } from './scalars.ts'

/** A point as clients send it; `run_id` of the request is the run that it belongs to. */
export const mlflowPoint = z.object({
  key: required,
  value: double,
  timestamp: int64,
  step: int64.default(0),
  model_id: z.string().optional(),
  dataset_name: z.string().optional(),
  dataset_digest: z.string().optional(),
})

type Point = z.output<typeof mlflowPoint>

const pointList = repeated(mlflowPoint)

/** A list of points. Nearly all are plain, and a thousand of those need no schema to look at each of their fields. */
export const mlflowPoints = z
  .unknown()
  .optional()
  .transform((sent, context): Point[] => {
    if (Array.isArray(sent) && sent.every(isPlainPoint)) return sent
    const { data, error } = pointList.safeParse(sent)
    if (data) return data
    for (const { message, path } of error.issues) context.addIssue({ code: 'custom', message, path })
    return z.NEVER
  })

function isPlainPoint(sent: Readonly<Record<string, unknown>> | null): sent is Point {
  return (
    sent !== null &&
    typeof sent['key'] === 'string' &&
    sent['key'] !== '' &&
    Number.isFinite(sent['value']) &&
    Number.isSafeInteger(sent['timestamp']) &&
    Number.isSafeInteger(sent['step']) &&
    sent['model_id'] === undefined &&
    sent['dataset_name'] === undefined &&
    sent['dataset_digest'] === undefined
  )
}

export const MlflowMetric = z
  .object({
    key: z.string(),
    value: doubleReply,
    timestamp: int64Reply,
    step: int64Reply,
    run_id: z.string().optional(),
    model_id: z.string().optional(),
    dataset_name: z.string().optional(),
    dataset_digest: z.string().optional(),
  })
  .meta({ id: 'MlflowMetric' })
export type MlflowMetric = z.infer<typeof MlflowMetric>

const read = { methods: ['GET'], versions: ['2.0'], access: 'tracking:read' } as const

/** Points of metrics, as the MLflow client and its pages ask for them. */
export const mlflowMetrics = defineRpcs({
  getMetricHistory: {
    ...read,
    path: 'metrics/get-history',
    summary: 'Every point of a metric of a run, by timestamp, step and value.',
    request: z.object({
      run_id: required,
      metric_key: required,
      max_results: int32.optional(),
      page_token: z.string().optional(),
    }),
    response: z.object({ metrics: z.array(MlflowMetric), next_page_token: z.string().optional() }),
  },
  getMetricHistoryBulk: {
    ...read,
    path: 'metrics/get-history-bulk',
    summary: 'Points of a metric of many runs, by run, timestamp, step and value.',
    request: z.object({ run_id: repeated(z.string()), metric_key: required, max_results: int32.default(25_000) }),
    response: z.object({ metrics: z.array(MlflowMetric) }),
  },
  getMetricHistoryBulkInterval: {
    ...read,
    path: 'metrics/get-history-bulk-interval',
    summary: 'Points of a metric of many runs, thinned to what a chart shows.',
    request: z.object({
      run_ids: repeated(z.string()),
      metric_key: required,
      start_step: int64.optional(),
      end_step: int64.optional(),
      max_results: int32.default(2500),
    }),
    response: z.object({ metrics: z.array(MlflowMetric) }),
  },
})
