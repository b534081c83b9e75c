import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { hasText } from '../../platform/filter-sql.ts'
import type { ExperimentKey } from './experiment-store.ts'

export interface KeysAsked extends ExperimentKey {
  readonly kind: 'metric' | 'param' | 'tag'
  readonly search: string | undefined
  /** Only names behind this one. */
  readonly after: string
  readonly limit: number
}

/** Names that active runs of an experiment have, by name. */
export async function keysOf(db: Db, asked: KeysAsked): Promise<string[]> {
  const { rows } = await (asked.kind === 'metric' ? metricKeys(asked) : pairKeys(asked)).execute(db)
  return rows.map(({ key }) => key)
}

const metricKeys = (asked: KeysAsked) => sql<{ key: string }>`
  with ${runsOf(asked)}
  select k.key from tracking.metric_key k
  where k.project_id = ${asked.projectId} and k.key > ${asked.after} and ${named(sql`k.key`, asked)}
    and ${anyRun(sql`tracking.metric_summary s where s.run_number = run.run_number and s.key_id = k.key_id`)}
  order by k.key limit ${asked.limit}`

/** Hops from name to name over an index, however many rows each has. */
function pairKeys(asked: KeysAsked) {
  const table = sql.table(asked.kind === 'param' ? 'tracking.run_param' : 'tracking.run_tag')
  const next = (behind: RawBuilder<unknown>) => sql`select p.key from ${table} p where p.key > ${behind}
    order by p.key limit 1`
  return sql<{ key: string }>`
    with recursive ${runsOf(asked)}, hop (key) as (
      (${next(sql`${asked.after}`)})
      union all
      select (${next(sql`hop.key`)}) from hop where hop.key is not null
    )
    select hop.key from hop
    where hop.key is not null and ${named(sql`hop.key`, asked)}
      and ${anyRun(sql`${table} p where p.run_number = run.run_number and p.key = hop.key`)}
    limit ${asked.limit}`
}

const runsOf = ({ projectId, experimentId }: ExperimentKey) => sql`run as materialized (
  select r.run_number from tracking.run r
  where r.project_id = ${projectId} and r.experiment_id = ${experimentId} and r.deleted_ms is null
)`

/**
 * Goes from run to run until one has the name. `offset` keeps the order: left to choose, PostgreSQL reads all rows that
 * any run has of a name.
 */
const anyRun = (rows: RawBuilder<unknown>) =>
  sql<SqlBool>`(select true from run cross join lateral (select from ${rows} offset 0) found limit 1)`

const named = (key: RawBuilder<unknown>, { search }: KeysAsked) => (search ? hasText(key, search) : sql<SqlBool>`true`)
