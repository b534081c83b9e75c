import type { OrderKey } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { nullable, type SortColumn } from '../../../platform/keyset.ts'
import { runColumn, type RunContext } from './run-clauses.ts'

/** One part of an order, which an index can walk through: the parts follow each other. */
export interface RunPart {
  /** Position of the part; the same for every page of a query. */
  readonly phase: number
  readonly from: RawBuilder<unknown>
  readonly where: RawBuilder<SqlBool>
  readonly columns: readonly SortColumn[]
  readonly ordered?: RunContext['ordered']
}

const runs = sql`tracking.run r`
const everything = sql<SqlBool>`true`

/**
 * The parts of an order of runs. By a metric: first the runs where it is a number, then where it is NaN, then those
 * without. By a param or a tag: those that have it, then those that do not.
 */
export function partsOf(order: readonly OrderKey[], metrics: ReadonlyMap<string, number>): readonly RunPart[] {
  const [first, ...others] = order
  const rest = [...others.flatMap((key) => columnsOf(key, metrics)), ...tieBreakers(order)]
  if (first?.entity === 'metric') return metricParts(first, metrics.get(first.key), rest)
  if (first?.entity === 'param' || first?.entity === 'tag') return pairParts(first, rest)
  return [{ phase: 0, from: runs, where: everything, columns: [...(first ? columnsOf(first, metrics) : []), ...rest] }]
}

function metricParts(
  { key, descending }: OrderKey,
  number: number | undefined,
  rest: readonly SortColumn[],
): RunPart[] {
  const without = { phase: 2, from: runs, columns: rest, ordered: { key, value: null } }
  if (number === undefined) return [{ ...without, where: everything }]
  const value = sql`o.last_value`
  const having = {
    from: sql`tracking.metric_summary o join tracking.run r using (run_number)`,
    ordered: { key, value },
  }
  const isIt = sql`o.key_id = ${number}`
  return [
    {
      ...having,
      phase: 0,
      where: sql`${isIt} and ${value} < 'NaN'`,
      columns: [{ of: value, type: 'float8', descending }, ...rest],
    },
    { ...having, phase: 1, where: sql`${isIt} and ${value} = 'NaN'`, columns: rest },
    {
      ...without,
      where: sql`not exists (select 1 from tracking.metric_summary o where ${isIt} and o.run_number = r.run_number)`,
    },
  ]
}

function pairParts({ entity, key, descending }: OrderKey, rest: readonly SortColumn[]): RunPart[] {
  const table = sql.table(entity === 'param' ? 'tracking.run_param' : 'tracking.run_tag')
  const isIt = sql`o.key = ${key}`
  return [
    {
      phase: 0,
      from: sql`${table} o join tracking.run r using (run_number)`,
      where: sql`${isIt}`,
      columns: [{ of: sql`o.value`, type: 'text', descending }, ...rest],
    },
    {
      phase: 2,
      from: runs,
      where: sql`not exists (select 1 from ${table} o where ${isIt} and o.run_number = r.run_number)`,
      columns: rest,
    },
  ]
}

function columnsOf({ entity, key, descending }: OrderKey, metrics: ReadonlyMap<string, number>): SortColumn[] {
  if (entity === 'metric') {
    const number = metrics.get(key) ?? null
    const of = sql`(select s.last_value from tracking.metric_summary s where s.run_number = r.run_number and s.key_id = ${number})`
    return nullable({ of, type: 'float8', descending })
  }
  if (entity === 'attribute') {
    const type = key === 'start_time' || key === 'end_time' ? 'bigint' : 'text'
    const column: SortColumn = { of: runColumn(key), type, descending }
    return key === 'end_time' ? nullable(column) : [column]
  }
  const table = sql.table(entity === 'param' ? 'tracking.run_param' : 'tracking.run_tag')
  const of = sql`(select s.value from ${table} s where s.run_number = r.run_number and s.key = ${key})`
  return nullable({ of, type: 'text', descending })
}

/** Newest first, then by id: so no two runs are alike to the order. */
const tieBreakers = (order: readonly OrderKey[]): SortColumn[] => [
  ...(order.some(({ entity, key }) => entity === 'attribute' && key === 'start_time')
    ? []
    : [{ of: sql`r.started_ms`, type: 'bigint' as const, descending: true }]),
  { of: sql`r.run_id`, type: 'text', descending: false },
]
