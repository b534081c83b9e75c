import type { PipelineCosts, RunCost } from '@evenkeel/contract'
import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'

interface CostRow {
  /** `2026-11-22`, in UTC. */
  readonly day: string
  readonly currency: string | null
  readonly attempts: number
  readonly slot_seconds: number
  readonly cpu_seconds: number | null
  readonly cpu_measured: number
  readonly peak_memory_bytes: number | null
  readonly amount: number | null
  readonly priced: number
}

/** What the attempts of a pipeline used that began since then, by the day they began on, newest first. */
export async function costsOf(
  db: Db,
  { projectId, pipeline }: { readonly projectId: string; readonly pipeline: string },
  since: Date,
): Promise<PipelineCosts> {
  const { rows } = await sql<CostRow>`
    select to_char(a.started_at at time zone 'UTC', 'YYYY-MM-DD') as day, a.currency, count(*)::int as attempts,
      sum(extract(epoch from a.ended_at - a.started_at))::float8 as slot_seconds,
      sum(a.cpu_seconds)::float8 as cpu_seconds, count(a.cpu_seconds)::int as cpu_measured,
      max(a.peak_memory_bytes)::float8 as peak_memory_bytes, count(a.price_per_hour)::int as priced,
      sum(extract(epoch from a.ended_at - a.started_at) / 3600 * a.price_per_hour)::float8 as amount
    from pipelines.attempt a join pipelines.run r on r.id = a.run_id
    where r.project_id = ${projectId} and r.pipeline = ${pipeline} and a.started_at >= ${since}
      and a.ended_at is not null
    group by 1, 2 order by 1 desc, 2`.execute(db)
  const days = [...Map.groupBy(rows, ({ day }) => day)].map(([day, of]) => ({ day, ...together(of.map(presentRow)) }))
  return { days, total: together(days) }
}

const presentRow = (row: CostRow): RunCost => ({
  attempts: row.attempts,
  slotSeconds: row.slot_seconds,
  cpuSeconds: row.cpu_seconds,
  cpuMeasured: row.cpu_measured,
  peakMemoryBytes: row.peak_memory_bytes,
  money: row.currency === null || row.amount === null ? [] : [{ amount: row.amount, currency: row.currency }],
  priced: row.priced,
})

function together(costs: readonly RunCost[]): RunCost {
  const sum = (of: (cost: RunCost) => number) => costs.reduce((total, cost) => total + of(cost), 0)
  const peaks = costs.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? [])
  const cpuMeasured = sum((cost) => cost.cpuMeasured)
  const money = Map.groupBy(
    costs.flatMap((cost) => cost.money),
    ({ currency }) => currency,
  )
  return {
    attempts: sum(({ attempts }) => attempts),
    slotSeconds: sum(({ slotSeconds }) => slotSeconds),
    cpuSeconds: cpuMeasured > 0 ? sum(({ cpuSeconds }) => cpuSeconds ?? 0) : null,
    cpuMeasured,
    peakMemoryBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    money: [...money].map(([currency, of]) => ({
      amount: of.reduce((total, { amount }) => total + amount, 0),
      currency,
    })),
    priced: sum(({ priced }) => priced),
  }
}
