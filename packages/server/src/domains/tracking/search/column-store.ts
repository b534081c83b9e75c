import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import { exact, finite } from './json-numbers.ts'

/** Keys of one kind: these, or all of each run, up to `most` by name. */
export type Columns = readonly string[] | 'all'

/** The newest, least and greatest value of a metric as JSON writes them; 64-bit integers beyond 2^53 are texts. */
export type SummaryCells<Key = string> = readonly [
  key: Key,
  last: number | NaNText,
  lastStep: number | string,
  lastMs: number | string,
  min: number | NaNText | null,
  max: number | NaNText | null,
  count: number,
]
type NaNText = 'NaN' | 'Infinity' | '-Infinity'

export interface ColumnsOfRun {
  readonly metrics: readonly SummaryCells[]
  readonly params: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

/** Metrics, params or tags of a run that `all` brings. */
const most = 1000

/**
 * The summaries `s` of a run as a JSON array: as text, which PostgreSQL writes three times as fast as JSON.
 *
 * @param key - JSON as well
 */
export const summaryCells = (key: RawBuilder<unknown>) => sql`'[' || coalesce(string_agg('[' || ${key} || ',' ||
  ${finite('s.last_value')} || ',' || ${exact('s.last_step')} || ',' || ${exact('s.last_timestamp_ms')} || ',' ||
  coalesce(${finite('s.min_value')}, 'null') || ',' || coalesce(${finite('s.max_value')}, 'null') || ',' ||
  s.point_count || ']', ','), '') || ']'`

/** By name for `all`, else by number. */
function metricsOf(columns: Columns, keys: ReadonlyMap<string, number>): RawBuilder<unknown> {
  if (columns === 'all') {
    return sql`(select ${summaryCells(sql`to_json(s.key)`)} from (
      select k.key, s.* from tracking.metric_summary s join tracking.metric_key k using (key_id)
      where s.run_number = n.run_number order by k.key limit ${most}) s)`
  }
  if (keys.size === 0) return sql`'[]'`
  return sql`(select ${summaryCells(sql`s.key_id`)} from tracking.metric_summary s
    where s.run_number = n.run_number and s.key_id = any(${[...keys.values()]}::int[]))`
}

function pairsOf(table: 'tracking.run_param' | 'tracking.run_tag', columns: Columns): RawBuilder<unknown> {
  if (columns.length === 0) return sql`'{}'::json`
  const which = columns === 'all' ? sql`order by p.key limit ${most}` : sql`and p.key = any(${[...columns]}::text[])`
  return sql`(select coalesce(json_object_agg(x.key, x.value), '{}') from (
    select p.key, p.value from ${sql.table(table)} p where p.run_number = n.run_number ${which}) x)`
}

/**
 * Reads what was asked for of some runs, and nothing else.
 *
 * @param keys - numbers of the metrics that were asked for by name
 * @returns one for each run, in the order of `numbers`
 */
export async function readColumns(
  db: Db,
  numbers: readonly number[],
  columns: { readonly metrics: Columns; readonly params: Columns; readonly tags: Columns },
  keys: ReadonlyMap<string, number>,
): Promise<ColumnsOfRun[]> {
  const { rows } = await sql<Omit<ColumnsOfRun, 'metrics'> & { metrics: string }>`
    select ${metricsOf(columns.metrics, keys)} as metrics,
      ${pairsOf('tracking.run_param', columns.params)} as params,
      ${pairsOf('tracking.run_tag', columns.tags)} as tags
    from unnest(${[...numbers]}::bigint[]) with ordinality n (run_number, place) order by n.place`.execute(db)
  const names = new Map([...keys].map(([key, id]) => [id, key]))
  return rows.map((row) => ({ ...row, metrics: named(JSON.parse(row.metrics), names) }))
}

const named = (
  cells: readonly SummaryCells<string | number>[],
  names: ReadonlyMap<number, string>,
): readonly SummaryCells[] =>
  cells.map(([key, ...rest]) => [typeof key === 'number' ? names.get(key)! : key, ...rest] as const)
