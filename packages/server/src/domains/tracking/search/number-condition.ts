import type { Clause } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { conditionOf } from '../../../platform/filter-sql.ts'

/** The condition of a clause over a double. To PostgreSQL, NaN is greater than any number; to a search, it is not. */
export function numberCondition(clause: Clause, value: RawBuilder<unknown>): RawBuilder<SqlBool> {
  const condition = conditionOf(clause, value)
  const mayBeNaN = clause.kind === 'compare' && (clause.op === '>' || clause.op === '>=')
  return mayBeNaN ? sql<SqlBool>`(${condition} and ${value} < 'NaN')` : condition
}
