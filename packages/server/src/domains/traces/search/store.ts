import type { Filter, OrderKey } from '@evenkeel/contract'
import { sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import { after, nullable, orderOf, positionOf, type SortColumn } from '../../../platform/keyset.ts'
import { assessmentsOf, type WholeRow } from '../trace-store.ts'
import { attributes, textAt, traceCondition } from './clauses.ts'

interface TraceQuery {
  readonly projectId: string
  readonly experimentIds: readonly number[]
  readonly filter: Filter
  readonly order: readonly OrderKey[]
  readonly limit: number
  readonly position: readonly string[] | undefined
}

type FoundTrace = WholeRow & { readonly position: readonly string[] }

/** Finds a page of traces first, and then reads what belongs to these alone. */
export async function searchTraces(db: Db, query: TraceQuery): Promise<FoundTrace[]> {
  const { projectId, experimentIds, filter, order, limit, position } = query
  const columns = columnsOf(order)
  // A single one is compared with "=", so that an index can give the order.
  const [only] = experimentIds
  const experiments = experimentIds.length === 1 ? sql`= ${only}` : sql`= any(${[...experimentIds]}::bigint[])`
  const found = sql`
    select t.*, ${positionOf(columns)} as position, row_number() over (order by ${orderOf(columns)}) as place
    from traces.trace t
    where t.project_id = ${projectId} and t.experiment_id ${experiments} and ${traceCondition(filter)}
      and ${position ? after(columns, position) : sql`true`}
    order by ${orderOf(columns)} limit ${limit}`
  const { rows } = await sql<FoundTrace>`
    select t.*, ${assessmentsOf} as assessments from (${found}) t order by t.place`.execute(db)
  return rows
}

const numbers = new Set(['timestamp_ms', 'execution_time_ms', 'end_time_ms', 'experiment_id'])

/** Newest first among those that are alike, then by id. */
function columnsOf(order: readonly OrderKey[]): SortColumn[] {
  const columns = order.flatMap(columnOf)
  const has = (key: string) => order.some((one) => one.entity === 'attribute' && one.key === key)
  if (!has('timestamp_ms')) columns.push({ of: attributes['timestamp_ms']!, type: 'bigint', descending: true })
  if (!has('request_id')) columns.push({ of: attributes['request_id']!, type: 'text', descending: false })
  return columns
}

function columnOf({ entity, key, descending }: OrderKey): SortColumn[] {
  if (entity !== 'attribute') return nullable({ of: textAt(entity, key), type: 'text', descending })
  const column: SortColumn = { of: attributes[key]!, type: numbers.has(key) ? 'bigint' : 'text', descending }
  return key === 'execution_time_ms' ? nullable(column) : [column]
}
