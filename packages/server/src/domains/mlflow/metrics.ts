import type { mlflowMetrics } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import { encoded, type RpcHandlers } from './face.ts'

/** Numbers as PostgreSQL writes them. */
interface Point {
  readonly value: string
  readonly timestamp_ms: string
  readonly step: string
}

interface RunPoint extends Point {
  readonly run_id: string
}

interface OfRuns {
  readonly runIds: readonly string[]
  readonly key: string
  readonly limit: number
}

type Int64 = number | bigint

/** What the face needs of those who keep points. */
export interface MetricsNeeds {
  page(
    caller: Caller,
    request: { runId: string; key: string; limit?: number | undefined; pageToken?: string | undefined },
  ): Promise<{ points: readonly Point[]; nextPageToken: string | null }>
  ofRuns(caller: Caller, request: OfRuns): Promise<readonly RunPoint[]>
  thinned(caller: Caller, request: OfRuns, steps: { from: Int64; to: Int64 } | undefined): Promise<readonly RunPoint[]>
}

export function metricHandlers(history: MetricsNeeds): RpcHandlers<typeof mlflowMetrics> {
  return {
    getMetricHistory: async ({ run_id, metric_key, max_results, page_token }, caller) => {
      const { points, nextPageToken } = await history.page(caller, {
        runId: run_id,
        key: metric_key,
        limit: max_results,
        pageToken: page_token,
      })
      const next = nextPageToken === null ? '' : `,"next_page_token":${JSON.stringify(nextPageToken)}`
      return encoded(`{"metrics":${jsonOf(metric_key, points)}${next}}`)
    },
    getMetricHistoryBulk: async ({ run_id, metric_key, max_results }, caller) => {
      const request = { runIds: run_id, key: metric_key, limit: max_results }
      return encoded(`{"metrics":${jsonOf(metric_key, await history.ofRuns(caller, request))}}`)
    },
    getMetricHistoryBulkInterval: async ({ run_ids, metric_key, start_step, end_step, max_results }, caller) => {
      const request = { runIds: run_ids, key: metric_key, limit: max_results }
      const points = await history.thinned(caller, request, stepsOf(start_step, end_step))
      return encoded(`{"metrics":${jsonOf(metric_key, points)}}`)
    },
  }
}

function stepsOf(from: Int64 | undefined, to: Int64 | undefined): { from: Int64; to: Int64 } | undefined {
  if (from !== undefined && to !== undefined) return { from, to }
  if (from === undefined && to === undefined) return undefined
  const message = 'If either start step or end step are specified, both must be specified.'
  throw failPlatform('http.invalid_request', { issues: [{ path: 'start_step', message }] }, { why: message })
}

/** Points go from PostgreSQL's text to JSON without becoming numbers between: histories are long. */
function jsonOf(key: string, points: readonly (Point & { readonly run_id?: string })[]): string {
  const name = JSON.stringify(key)
  const items = points.map(({ value, timestamp_ms, step, run_id }) => {
    const run = run_id === undefined ? '' : `,"run_id":"${run_id}"`
    return `{"key":${name},"value":${doubleJson(value)},"timestamp":${int64Json(timestamp_ms)},"step":${int64Json(step)}${run}}`
  })
  return `[${items.join(',')}]`
}

/** Only NaN and infinities have a capital letter. */
const doubleJson = (text: string) => (/[NI]/.test(text) ? `"${text}"` : text)

const int64Json = (text: string) => (text.length < 16 || Number.isSafeInteger(Number(text)) ? text : `"${text}"`)
