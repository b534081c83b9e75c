import type { Clause, Filter } from '@evenkeel/contract'
import { type Expression, type RawBuilder, sql, type SqlBool } from 'kysely'

/** Turns a filter into a condition; what a clause means is the store's to say. */
export function whereOf(filter: Filter, clause: (clause: Clause) => RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  if (filter.kind === 'not') {
    // A clause over something that is not there is unknown, and unknown must not become true.
    return sql<SqlBool>`not coalesce(${whereOf(filter.of, clause)}, false)`
  }
  if (!('of' in filter)) return clause(filter)
  const parts = filter.of.map((part) => sql`(${whereOf(part, clause)})`)
  return sql<SqlBool>`${sql.join(parts, sql.raw(` ${filter.kind} `))}`
}

const operators = {
  '=': '=',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  like: 'like',
  ilike: 'ilike',
  rlike: '~',
}

/** The condition of a clause over one expression: `like` is case-sensitive, `ilike` is not, `rlike` is a regular expression. */
export function conditionOf(clause: Clause, of: Expression<unknown>): RawBuilder<SqlBool> {
  if (clause.kind === 'missing') return sql<SqlBool>`${of} is ${sql.raw(clause.negated ? 'not null' : 'null')}`
  if (clause.kind === 'compare') return sql<SqlBool>`${of} ${sql.raw(operators[clause.op])} ${clause.value}`
  const among = sql<SqlBool>`${of} = any(${[...clause.values]})`
  return clause.negated ? sql<SqlBool>`not (${among})` : among
}
