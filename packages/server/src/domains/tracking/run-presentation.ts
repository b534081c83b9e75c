import type { MetricSummary, RunStatus, TrackedRun, TrackedRunInfo } from '@evenkeel/contract'
import type { WholeRunRow } from './run-read-store.ts'
import type { RunRow } from './run-store.ts'
import type { SummaryCells } from './search/column-store.ts'

type Metric = TrackedRun['metrics'][number]

/** A bigint as PostgreSQL writes it: a number as long as that is exact. */
export function presentInt64(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

/** A double as PostgreSQL writes it; JSON has no word for NaN and infinities. */
export function presentDouble(text: string): Metric['value'] {
  const value = Number(text)
  return Number.isFinite(value) ? value : (text as 'NaN' | 'Infinity' | '-Infinity')
}

export const presentInfo = (row: RunRow): TrackedRunInfo => ({
  id: row.run_id,
  name: row.name,
  experimentId: String(row.experiment_id),
  userId: row.user_id,
  status: row.status as RunStatus,
  startedMs: row.started_ms,
  endedMs: row.ended_ms,
  artifactUri: row.artifact_uri,
  lifecycle: row.deleted_ms === null ? 'active' : 'deleted',
})

export const presentRun = (row: WholeRunRow): TrackedRun => ({
  ...presentInfo(row),
  params: row.params,
  tags: row.tags,
  metrics: row.metrics.map(({ key, value, timestamp_ms, step }) => ({
    key,
    value: presentDouble(value),
    timestampMs: presentInt64(timestamp_ms),
    step: presentInt64(step),
  })),
  datasets: row.datasets.map(({ source_type, ...dataset }) => ({ ...dataset, sourceType: source_type })),
  inputModels: row.models.filter(({ direction }) => direction === 'input').map(({ model_id }) => model_id),
  outputModels: row.models
    .filter(({ direction }) => direction === 'output')
    .map(({ model_id, step }) => ({ modelId: model_id, step: presentInt64(step) })),
})

export const presentSummaries = (metrics: readonly SummaryCells[]): Record<string, MetricSummary> =>
  Object.fromEntries(
    metrics.map(([key, last, lastStep, lastMs, min, max, count]) => [key, { last, lastStep, lastMs, min, max, count }]),
  )
