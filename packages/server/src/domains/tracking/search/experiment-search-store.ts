import type { Clause, Filter, OrderKey } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import { conditionOf, whereOf } from '../../../platform/filter-sql.ts'
import { type ExperimentRow, tagsOf } from '../experiment-store.ts'
import { after, orderOf, positionOf, type SortColumn } from '../../../platform/keyset.ts'
import type { View } from './run-search-store.ts'

interface ExperimentQuery {
  readonly projectId: string
  readonly view: View
  readonly filter: Filter
  readonly order: readonly OrderKey[]
  readonly limit: number
  readonly position: readonly string[] | undefined
}

export async function searchExperiments(
  db: Db,
  { projectId, view, filter, order, limit, position }: ExperimentQuery,
): Promise<(ExperimentRow & { readonly position: readonly string[] })[]> {
  const columns = columnsOf(order)
  const { rows } = await sql<ExperimentRow & { position: string[] }>`
    select e.*, ${tagsOf} as tags, ${positionOf(columns)} as position from tracking.experiment e
    where e.project_id = ${projectId} and ${views[view]} and ${whereOf(filter, clauseOf)}
      and ${position ? after(columns, position) : sql`true`}
    order by ${orderOf(columns)} limit ${limit}`.execute(db)
  return rows
}

const views = { ACTIVE_ONLY: sql`e.deleted_ms is null`, DELETED_ONLY: sql`e.deleted_ms is not null`, ALL: sql`true` }

const attributes: Readonly<Record<string, SortColumn['type']>> = {
  name: 'text',
  experiment_id: 'bigint',
  created_ms: 'bigint',
  updated_ms: 'bigint',
}
const columnNames: Readonly<Record<string, string>> = { creation_time: 'created_ms', last_update_time: 'updated_ms' }

const columnOf = (key: string): SortColumn => {
  const name = columnNames[key] ?? key
  return { of: sql.ref(`e.${name}`), type: attributes[name]!, descending: false }
}

/** The latest experiment comes first among those that are alike. */
function columnsOf(order: readonly OrderKey[]): SortColumn[] {
  const columns = order.map(({ key, descending }) => ({ ...columnOf(key), descending }))
  if (order.some(({ key }) => key === 'experiment_id')) return columns
  return [...columns, { ...columnOf('experiment_id'), descending: true }]
}

function clauseOf(clause: Clause): RawBuilder<SqlBool> {
  if (clause.entity === 'attribute') {
    const { of } = columnOf(clause.key)
    return conditionOf(clause, clause.key === 'experiment_id' ? sql`${of}::text` : of)
  }
  const isAbsence = clause.kind === 'missing' && !clause.negated
  const condition = clause.kind === 'missing' ? sql`true` : conditionOf(clause, sql`t.value`)
  return sql<SqlBool>`${sql.raw(isAbsence ? 'not' : '')} exists (select 1 from tracking.experiment_tag t
    where t.project_id = e.project_id and t.experiment_id = e.experiment_id and t.key = ${clause.key} and ${condition})`
}
