import type { Clause } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { conditionOf } from '../../../platform/filter-sql.ts'

/** What clauses are read with, over a run `r`. */
export interface RunContext {
  /** Numbers of metrics by name; one that is not there belongs to no run. */
  readonly metrics: ReadonlyMap<string, number>
  /** The metric that the runs are ordered by: of a run of this part of the order its value is known, or that it has none. */
  readonly ordered?: { readonly key: string; readonly value: RawBuilder<unknown> | null } | undefined
}

const columns: Readonly<Record<string, string>> = {
  run_id: 'r.run_id',
  run_name: 'r.name',
  user_id: 'r.user_id',
  status: 'r.status',
  artifact_uri: 'r.artifact_uri',
  start_time: 'r.started_ms',
  end_time: 'r.ended_ms',
}

export const runColumn = (key: string): RawBuilder<unknown> => sql.raw(columns[key]!)

/** The condition of a clause over a run `r`. */
export function runClause(clause: Clause, context: RunContext): RawBuilder<SqlBool> {
  if (clause.entity === 'attribute') return conditionOf(clause, runColumn(clause.key))
  if (clause.entity === 'metric') return metricClause(clause, context)
  if (clause.entity === 'dataset') return present(clause, datasets(clause))
  return present(clause, sql`select 1 from ${pairs(clause)} and p.run_number = r.run_number`)
}

/** Whether there are such rows; of a clause that asks for absence, whether there are none. */
function present(clause: Clause, rows: RawBuilder<unknown>): RawBuilder<SqlBool> {
  const exists = sql<SqlBool>`exists (${rows})`
  return clause.kind === 'missing' && !clause.negated ? sql<SqlBool>`not ${exists}` : exists
}

function metricClause(clause: Clause, { metrics, ordered }: RunContext): RawBuilder<SqlBool> {
  if (ordered?.key === clause.key && ordered.value) {
    return clause.kind === 'missing' ? sql`${sql.lit(clause.negated)}` : metricCondition(clause, ordered.value)
  }
  const number = metrics.get(clause.key)
  if (number === undefined || ordered?.key === clause.key) {
    return sql`${sql.lit(clause.kind === 'missing' && !clause.negated)}`
  }
  return present(clause, sql`select 1 from ${metricRows(clause, number)} and m.run_number = r.run_number`)
}

const metricRows = (clause: Clause, number: number) =>
  sql`tracking.metric_summary m where m.key_id = ${number} and ${
    clause.kind === 'missing' ? sql`true` : metricCondition(clause, sql`m.last_value`)
  }`

/** To PostgreSQL, NaN is greater than any number; to a search, it is not. */
function metricCondition(clause: Clause, value: RawBuilder<unknown>): RawBuilder<SqlBool> {
  const condition = conditionOf(clause, value)
  const mayBeNaN = clause.kind === 'compare' && (clause.op === '>' || clause.op === '>=')
  return mayBeNaN ? sql<SqlBool>`(${condition} and ${value} < 'NaN')` : condition
}

const pairs = (clause: Clause) =>
  sql`${sql.table(clause.entity === 'param' ? 'tracking.run_param' : 'tracking.run_tag')} p
    where p.key = ${clause.key} and ${clause.kind === 'missing' ? sql`true` : pairCondition(clause)}`

/** The index holds the first 200 characters: of a shorter value that is all. */
const indexed = 200

function pairCondition(clause: Exclude<Clause, { kind: 'missing' }>): RawBuilder<SqlBool> {
  const isIndexed = isEqual(clause) && valuesOf(clause).every((value) => value.length < indexed)
  return conditionOf(clause, isIndexed ? sql`left(p.value, ${sql.lit(indexed)})` : sql`p.value`)
}

const isEqual = (clause: Clause) =>
  clause.kind === 'among' ? !clause.negated : clause.kind === 'compare' && clause.op === '='

const valuesOf = (clause: Exclude<Clause, { kind: 'missing' }>): readonly string[] =>
  clause.kind === 'among' ? clause.values : [String(clause.value)]

const datasetFields: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`d.name`,
  digest: sql`d.digest`,
  context: sql`i.tags ->> 'mlflow.data.context'`,
}

const datasets = (clause: Clause) => {
  const condition =
    clause.kind === 'missing'
      ? sql`${datasetFields[clause.key]!} is not null`
      : conditionOf(clause, datasetFields[clause.key]!)
  return sql`select 1 from tracking.run_dataset i join tracking.dataset d using (dataset_number)
    where i.run_number = r.run_number and ${condition}`
}

/** The numbers of the runs that a clause lets through, when an index knows them without looking at runs. */
export function indexedRuns(clause: Clause, { metrics, ordered }: RunContext): RawBuilder<unknown> | undefined {
  if (clause.entity === 'metric') {
    const number = metrics.get(clause.key)
    const isRange = clause.kind === 'compare' && clause.op !== '!='
    if (number === undefined || !isRange || clause.key === ordered?.key) return undefined
    return sql`select m.run_number from ${metricRows(clause, number)}`
  }
  if ((clause.entity !== 'param' && clause.entity !== 'tag') || !isEqual(clause)) return undefined
  return sql`select p.run_number from ${pairs(clause)}`
}
