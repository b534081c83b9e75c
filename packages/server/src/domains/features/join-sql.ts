import type { Feature, FeatureViewSpec } from '@evenkeel/contract'
import { toGridSql } from './grid.ts'
import { identifier } from './sql-names.ts'

export interface JoinTables {
  /** Table or view with one row per training example: the entity key and the event time. */
  readonly entities: string
  readonly eventTimeColumn: string
  /** Table or view with the events. */
  readonly source: string
}

/** Names that no table or feature can have: those start with a letter or a digit. */
const measureColumn = (index: number) => `"_sum${index}"`

const measureColumns = (spec: FeatureViewSpec) => measureNames(spec).map((_, index) => measureColumn(index))

/** The measures of a view in a fixed order. */
export const measureNames = ({ source }: Pick<FeatureViewSpec, 'source'>): readonly string[] =>
  Object.keys(source.measures).toSorted()

/**
 * Two common table expressions of DuckDB: `_event`, one row per event, and `_tile`, one row per key and millisecond
 * with `_count` and `_sum0`, `_sum1`, … in the order of `measureNames`. An event without a key, a time or one of the
 * measures does not count.
 *
 * @param where - SQL condition on `_ms` (epoch milliseconds) that an event must meet besides
 */
export function tileSql(spec: FeatureViewSpec, from: string, where = 'true'): string {
  return `${eventSql(spec, from)}, ${sumSql(spec, '"_event"', '"_key"', where)}`
}

function eventSql({ source }: FeatureViewSpec, from: string): string {
  const measures = measureNames({ source }).map(
    (name, index) => `${toGridSql(`(${source.measures[name]!}\n)`)} AS ${measureColumn(index)}`,
  )
  // Read again by whoever asks, so that each asks for the columns it needs only.
  return `"_event" AS NOT MATERIALIZED (
  SELECT ${[
    `${keySql(source.keyColumn)} AS "_key"`,
    `epoch_ms(${identifier(source.eventTimeColumn)}) AS "_ms"`,
    ...measures,
  ].join(', ')}
  FROM ${from}
)`
}

function sumSql(spec: FeatureViewSpec, from: string, key: string, where: string): string {
  const columns = measureColumns(spec)
  const sums = columns.map((column) => `sum(${column}) AS ${column}`)
  const known = columns.map((column) => `isfinite(${column})`)
  return `"_tile" AS (
  SELECT ${[key, '"_ms"', 'CAST(count(*) AS DOUBLE) AS "_count"', ...sums].join(', ')}
  FROM ${from}
  WHERE ${['"_key" IS NOT NULL', '"_ms" IS NOT NULL', ...known, where].join(' AND ')}
  GROUP BY ${key}, "_ms"
)`
}

/**
 * The point-in-time join as one SELECT of DuckDB: every row of `entities` with all its columns, and the features as of
 * its event time. Only events of the window (t − fromSeconds, t − untilSeconds] count; what happened later cannot leak
 * in. Nothing in the window, or no key: count 0, mean NULL.
 *
 * Events are summed up per key and time before the join, because an ASOF join finds one row at most; running totals at
 * both ends of the window then give what lies between. Keys are numbered first, because numbers sort faster than texts.
 */
export function joinSql(spec: FeatureViewSpec, { entities, eventTimeColumn, source }: JoinTables): string {
  const names = measureNames(spec)
  const totals = ['"_count"', ...measureColumns(spec)].map((column) => `sum(${column}) OVER running AS ${column}`)
  const time = `epoch_ms(e.${identifier(eventTimeColumn)})`
  const join = (alias: string, seconds: number) =>
    `ASOF LEFT JOIN "_total" ${alias}
  ON _numbered."_number" = ${alias}."_number" AND ${time} - ${seconds * 1000} >= ${alias}."_ms"`
  const values = spec.features.map((feature) => `${valueSql(feature, names)} AS ${identifier(feature.name)}`)

  return `WITH ${eventSql(spec, identifier(source))}, "_numbered" AS MATERIALIZED (
  SELECT "_key", CAST(row_number() OVER () AS INTEGER) AS "_number"
  FROM (SELECT DISTINCT "_key" FROM "_event")
), ${sumSql(spec, '"_event" JOIN "_numbered" USING ("_key")', '"_number"', 'true')}, "_total" AS (
  SELECT "_number", "_ms", ${totals.join(', ')}
  FROM "_tile"
  WINDOW running AS (PARTITION BY "_number" ORDER BY "_ms" ROWS UNBOUNDED PRECEDING)
)
SELECT e.*, ${values.join(', ')}
FROM ${identifier(entities)} e
LEFT JOIN "_numbered" _numbered ON ${keySql(spec.entity, 'e.')} = _numbered."_key"
${join('_until', spec.window.untilSeconds)}
${join('_from', spec.window.fromSeconds)}`
}

const keySql = (column: string, table = '') => `CAST(${table}${identifier(column)} AS VARCHAR)`

function valueSql(feature: Feature, names: readonly string[]): string {
  const count = between('"_count"')
  if (feature.aggregation === 'count') return `CAST(${count} AS BIGINT)`
  return `${between(measureColumn(names.indexOf(feature.measure)))} / nullif(${count}, 0)`
}

const between = (column: string) => `(coalesce(_until.${column}, 0) - coalesce(_from.${column}, 0))`
