import type { OrderKey } from '@evenkeel/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import { whereOf } from '../../../platform/filter-sql.ts'
import { runClause, runColumn } from './run-clauses.ts'
import { belongs, type RunQuery } from './run-search-store.ts'

export type GroupKey = Pick<OrderKey, 'entity' | 'key'>

/** The newest values of a metric in a group, over numbers: the huge ones in a sum of their own, divided by 1e20. */
export interface MetricOfGroup {
  readonly key_id: number
  readonly count: number
  readonly sum: number | null
  readonly huge_sum: number | 'NaN' | 'Infinity' | '-Infinity' | null
  readonly min: number | 'Infinity' | '-Infinity' | null
  readonly max: number | 'Infinity' | '-Infinity' | null
  /** Of all that was ever logged. */
  readonly least: number | 'Infinity' | '-Infinity' | null
  readonly greatest: number | 'Infinity' | '-Infinity' | null
}

export interface GroupRow {
  readonly value: string | null
  readonly runs: number
  readonly metrics: readonly MetricOfGroup[]
}

/** Every query that counts runs. */
export function groupStore(db: Db) {
  const found = (query: RunQuery, numbers: ReadonlyMap<string, number>) =>
    sql`${belongs(query)} and ${whereOf(query.filter, (clause) => runClause(clause, { metrics: numbers }))}`

  return {
    async count(query: RunQuery, numbers: ReadonlyMap<string, number>): Promise<number> {
      const { rows } = await sql<{ runs: number }>`
        select count(*) as runs from tracking.run r where ${found(query, numbers)}`.execute(db)
      return rows[0]!.runs
    },

    /**
     * The largest groups first.
     *
     * @param numbers - of the metrics that the filter names
     * @param keyIds - of the metrics to summarise
     */
    async groups(
      query: RunQuery,
      numbers: ReadonlyMap<string, number>,
      by: GroupKey | undefined,
      { keyIds, limit }: { readonly keyIds: readonly number[]; readonly limit: number },
    ): Promise<GroupRow[]> {
      const { value, from } = groupedBy(by)
      const { rows } = await sql<GroupRow>`
        with run as materialized (
          select r.run_number, ${value} as value, coalesce('=' || ${value}, '') as name
          from tracking.run r ${from} where ${found(query, numbers)}
        ), big as materialized (
          select name, value, count(*) as runs from run group by name, value order by runs desc, value limit ${limit}
        ), summary as (
          select name, json_agg(m) as metrics from (
            select name, s.key_id, ${sums}, min(s.min_value) as least, max(s.max_value) as greatest
            from big join run using (name) join tracking.metric_summary s using (run_number)
            where s.key_id = any(${[...keyIds]}::int[]) group by name, s.key_id
          ) m group by name
        )
        select big.value, big.runs, coalesce(metrics, '[]') as metrics
        from big left join summary using (name) order by runs desc, value`.execute(db)
      return rows
    },
  }
}

/** NaN is greater than any number. PostgreSQL refuses a sum that is too large for a double. */
const sums = sql`count(*) filter (where s.last_value < 'NaN') as count,
  sum(s.last_value) filter (where abs(s.last_value) <= 1e290) as sum,
  sum(s.last_value / 1e20) filter (where abs(s.last_value) > 1e290 and s.last_value < 'NaN') as huge_sum,
  min(s.last_value) filter (where s.last_value < 'NaN') as min,
  max(s.last_value) filter (where s.last_value < 'NaN') as max`

function groupedBy(by: GroupKey | undefined): { value: RawBuilder<unknown>; from: RawBuilder<unknown> } {
  if (!by) return { value: sql`null::text`, from: sql`` }
  if (by.entity === 'attribute') return { value: sql`${runColumn(by.key)}::text`, from: sql`` }
  const table = sql.table(by.entity === 'param' ? 'tracking.run_param' : 'tracking.run_tag')
  return { value: sql`g.value`, from: sql`left join ${table} g on g.run_number = r.run_number and g.key = ${by.key}` }
}
