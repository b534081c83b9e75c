import type { MetricPoint } from '@evenkeel/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { AttemptId } from './store.ts'

interface PointRow {
  readonly at_byte: number
  readonly name: string
  readonly labels: Record<string, string>
  readonly value: number
  readonly step: number | null
  readonly time: Date | null
}

export interface PointsQuery {
  readonly name?: string | undefined
  readonly offset: number
  readonly limit: number
  readonly points?: number | undefined
}

/** Every query on the metrics of attempts. */
export function metricsStore(db: Db) {
  return {
    /** Points that are there already stay as they are. */
    async addPoints({ runId, step, attempt }: AttemptId, points: readonly MetricPoint[]): Promise<void> {
      if (points.length === 0) return
      const column = <T>(pick: (point: MetricPoint) => T): T[] => points.map(pick)
      await sql`
        insert into pipelines.metric (run_id, step_key, attempt, at_byte, name, labels, value, step, time)
        select ${runId}, ${step}, ${attempt}::int, at_byte, name, labels::jsonb, value, step, time
        from unnest(
          ${column(({ offset }) => offset)}::bigint[], ${column(({ name }) => name)}::text[],
          ${column(({ labels }) => JSON.stringify(labels))}::text[],
          ${column(({ value }) => String(value))}::float8[], ${column((point) => point.step)}::bigint[],
          ${column(({ time }) => time)}::timestamptz[]
        ) as point (at_byte, name, labels, value, step, time)
        on conflict do nothing`.execute(db)
    },

    /** In the order in which they were written; of each series at most `points`, evenly spread, with the newest. */
    async pointsOf(
      { runId, step, attempt }: AttemptId,
      { name, offset, limit, points }: PointsQuery,
    ): Promise<MetricPoint[]> {
      const ofName = name === undefined ? sql`true` : sql`name = ${name}`
      const all = sql`select at_byte, name, labels, value, step, time from pipelines.metric
        where run_id = ${runId} and step_key = ${step} and attempt = ${attempt} and ${ofName}`
      const { rows } = await sql<PointRow>`
        select at_byte, name, labels, value, step, time from (${points === undefined ? all : spread(all, points)}) point
        where at_byte >= ${offset} order by at_byte limit ${limit}`.execute(db)
      return rows.map(({ at_byte, value, time, ...row }) => ({
        ...row,
        offset: at_byte,
        value: Number.isFinite(value) ? value : (String(value) as 'NaN'),
        time: time?.toISOString() ?? null,
      }))
    },
  }
}

/** Every so-and-so-many-th of each series, and the last. */
const spread = (all: RawBuilder<unknown>, most: number): RawBuilder<unknown> => sql`
  select * from (
    select *, row_number() over (partition by name, labels order by at_byte) - 1 as place,
      count(*) over (partition by name, labels) as total
    from (${all}) point
  ) counted
  where total <= ${most}::int or place = total - 1 or place % ceil(total::numeric / (${most}::int - 1)) = 0`
