import type { Clause, Filter, OrderKey } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import { conditionOf, whereOf } from '../../../platform/filter-sql.ts'
import { belongings, type LoggedModelRow } from '../logged-model-store.ts'
import { after, nullable, orderOf, positionOf, type SortColumn } from '../../../platform/keyset.ts'
import { numberCondition } from './number-condition.ts'

/** Without a name, any; without a digest, any of the name. */
export interface ModelDataset {
  readonly name: string | undefined
  readonly digest: string | undefined
}

export type ModelOrder = OrderKey & { readonly dataset: ModelDataset }

interface ModelQuery {
  readonly projectId: string
  readonly experimentIds: readonly number[]
  readonly filter: Filter
  readonly datasets: readonly ModelDataset[]
  readonly order: readonly ModelOrder[]
  readonly limit: number
  readonly position: readonly string[] | undefined
}

type FoundModel = LoggedModelRow & { readonly position: readonly string[] }

/** Finds a page of models first, and then reads what belongs to these alone. */
export async function searchModels(db: Db, query: ModelQuery): Promise<FoundModel[]> {
  const { projectId, experimentIds, filter, datasets, order, limit, position } = query
  const columns = columnsOf(order)
  const found = sql`
    select m.*, ${positionOf(columns)} as position, row_number() over (order by ${orderOf(columns)}) as place
    from tracking.logged_model m
    where m.project_id = ${projectId} and m.experiment_id = any(${[...experimentIds]}::bigint[]) and m.deleted_ms is null
      and ${whereOf(filter, (clause) => clauseOf(clause, datasets))} and ${measuredOn(filter, datasets)}
      and ${position ? after(columns, position) : sql`true`}
    order by ${orderOf(columns)} limit ${limit}`
  const { rows } = await sql<FoundModel>`
    select m.*, ${sql.join([...belongings])} from (${found}) m order by m.place`.execute(db)
  return rows
}

const attributes: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`m.name`,
  model_id: sql`m.model_id`,
  model_type: sql`m.model_type`,
  status: sql`m.status`,
  source_run_id: sql`m.source_run_id`,
  creation_timestamp: sql`m.created_ms`,
  last_updated_timestamp: sql`m.updated_ms`,
}

function clauseOf(clause: Clause, datasets: readonly ModelDataset[]): RawBuilder<SqlBool> {
  if (clause.entity === 'attribute') return conditionOf(clause, attributes[clause.key]!)
  const isMissing = clause.kind === 'missing'
  const absent = sql.raw(isMissing && !clause.negated ? 'not' : '')
  if (clause.entity === 'metric') {
    const condition = isMissing ? sql`true` : numberCondition(clause, sql`v.value`)
    return sql<SqlBool>`${absent} exists (select 1 from tracking.logged_model_metric v
      where v.model_number = m.model_number and v.key = ${clause.key} and ${condition} and ${anyOf(datasets)})`
  }
  const table = sql.table(`tracking.logged_model_${clause.entity}`)
  const condition = isMissing ? sql`true` : conditionOf(clause, sql`p.value`)
  return sql<SqlBool>`${absent} exists (select 1 from ${table} p
    where p.model_number = m.model_number and p.key = ${clause.key} and ${condition})`
}

const isOn = ({
  name,
  digest,
}: ModelDataset) => sql<SqlBool>`(${name === undefined ? sql`true` : sql`v.dataset_name = ${name}`}
  and ${digest === undefined ? sql`true` : sql`v.dataset_digest = ${digest}`})`

const anyOf = (datasets: readonly ModelDataset[]) =>
  datasets.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(datasets.map(isOn), sql` or `)})`

function measuredOn(filter: Filter, datasets: readonly ModelDataset[]): RawBuilder<SqlBool> {
  if (datasets.length === 0 || asksForMetrics(filter)) return sql`true`
  return sql`exists (select 1 from tracking.logged_model_metric v
    where v.model_number = m.model_number and ${anyOf(datasets)})`
}

const asksForMetrics = (filter: Filter): boolean => {
  if (!('of' in filter)) return filter.entity === 'metric'
  return filter.kind === 'not' ? asksForMetrics(filter.of) : filter.of.some(asksForMetrics)
}

function columnsOf(order: readonly ModelOrder[]): SortColumn[] {
  const has = (key: string) => order.some((one) => one.entity === 'attribute' && one.key === key)
  const columns = order.flatMap(columnOf)
  if (!has('creation_timestamp')) columns.push({ of: sql`m.created_ms`, type: 'bigint', descending: true })
  return [...columns, { of: sql`m.model_id`, type: 'text', descending: false }]
}

function columnOf({ entity, key, descending, dataset }: ModelOrder): SortColumn[] {
  if (entity === 'attribute') {
    const type = key === 'creation_timestamp' || key === 'last_updated_timestamp' ? 'bigint' : 'text'
    const column: SortColumn = { of: attributes[key]!, type, descending }
    return key === 'model_type' || key === 'source_run_id' ? nullable(column) : [column]
  }
  const of = sql`(select v.value from tracking.logged_model_metric v
    where v.model_number = m.model_number and v.key = ${key} and ${isOn(dataset)}
    order by v.timestamp_ms desc, v.step desc, v.run_id limit 1)`
  return nullable({ of, type: 'float8', descending })
}
