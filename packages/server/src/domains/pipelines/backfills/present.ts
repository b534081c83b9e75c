import type { Backfill, BackfillPartition, ParamValue, PartitionState, TimeParams } from '@evenkeel/contract'
import { PartitionState as States } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import type { PipelinesDeps } from '../needs.ts'
import { iso } from '../present.ts'
import { slotsOf } from '../runs.ts'
import { etaAfter, remainingMs } from './pace.ts'
import { type BackfillRow, backfillsStore, type PartitionRow } from './store.ts'

type Counted = Awaited<ReturnType<ReturnType<typeof backfillsStore>['countPartitions']>>[number]

/** Reads how far backfills are, in the order given. */
export async function presentBackfills(
  deps: Pick<PipelinesDeps, 'db' | 'now' | 'maxLiveAttempts'>,
  rows: readonly BackfillRow[],
): Promise<Backfill[]> {
  if (rows.length === 0) return []
  const counted = await backfillsStore(deps.db).countPartitions(rows.map(({ id }) => id))
  const byBackfill = Map.groupBy(counted, ({ backfill_id }) => backfill_id)
  const presented: Backfill[] = []
  for (const row of rows) {
    const typicalMs = await typicalOf(deps.db, row)
    presented.push(presentBackfill(deps, row, byBackfill.get(row.id) ?? [], typicalMs))
  }
  return presented
}

const typicalOf = (db: Db, { id, project_id, pipeline }: BackfillRow): Promise<number | null> =>
  backfillsStore(db).typicalRunMs(project_id, pipeline, id)

function presentBackfill(
  { now, ...deps }: Pick<PipelinesDeps, 'now' | 'maxLiveAttempts'>,
  row: BackfillRow,
  counted: readonly Counted[],
  typicalDurationMs: number | null,
): Backfill {
  const counts = Object.fromEntries(
    States.options.map((state) => [state, countOf(counted, state)]),
  ) as Backfill['counts']
  const lanes = Math.min(row.max_active, slotsOf(deps))
  const leftMs = row.state === 'running' ? remainingMs(counts.pending + counts.running, typicalDurationMs, lanes) : null
  const [oldest, newest] = [
    Math.min(...counted.map(({ oldest: version }) => version)),
    Math.max(...counted.map(({ newest: version }) => version)),
  ]
  return {
    id: row.id,
    pipeline: row.pipeline,
    code: row.code,
    version: row.code === 'as-of-run' && oldest !== newest ? null : oldest,
    start: row.start_at.toISOString(),
    end: row.end_at.toISOString(),
    unit: row.unit,
    every: row.every,
    timezone: row.timezone,
    cache: row.cache,
    maxActive: row.max_active,
    order: row.run_order,
    params: row.params as Record<string, ParamValue>,
    timeParams: row.time_params as TimeParams,
    state: row.state,
    says: row.says,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    endedAt: iso(row.ended_at),
    partitionCount: counted.reduce((sum, { count }) => sum + count, 0),
    counts,
    typicalDurationMs,
    eta: etaAfter(now(), leftMs),
  }
}

const countOf = (counted: readonly Counted[], state: PartitionState): number =>
  counted.find((one) => one.state === state)?.count ?? 0

export const presentPartition = (row: PartitionRow): BackfillPartition => ({
  position: row.position,
  partition: row.partition,
  start: row.start_at.toISOString(),
  end: row.end_at.toISOString(),
  version: row.version,
  state: row.state,
  reason: row.reason,
  runId: row.run_id,
  tries: row.tries,
})
