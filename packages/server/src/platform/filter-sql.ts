import type { Clause, Filter } from '@evenkeel/contract'
import { type Expression, type RawBuilder, sql, type SqlBool } from 'kysely'

/** Turns a filter into a condition; what a clause means is the store's to say. */
export function whereOf(filter: Filter, clause: (clause: Clause) => RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  if (filter.kind === 'not') {
    // A clause over something that is not there is unknown, and unknown must not become true.
    return sql<SqlBool>`not coalesce(${whereOf(filter.of, clause)}, false)`
  }
  if (!('of' in filter)) return clause(filter)
  if (filter.of.length === 0) return sql<SqlBool>`true`
  const parts = filter.of.map((part) => whereOf(part, clause))
  return sql<SqlBool>`(${sql.join(parts, sql.raw(` ${filter.kind} `))})`
}

/** Whether a text holds another one, capitals or not. */
export const hasText = (of: Expression<unknown>, text: string): RawBuilder<SqlBool> =>
  sql<SqlBool>`position(lower(${text}) in lower(${of})) > 0`

const operators = { '=': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=', rlike: '~' }

/** The condition of a clause over one expression: `like` is case-sensitive, `ilike` is not, `rlike` is a regular expression. */
export function conditionOf(clause: Clause, of: Expression<unknown>): RawBuilder<SqlBool> {
  if (clause.kind === 'missing') return sql<SqlBool>`${of} is ${sql.raw(clause.negated ? 'not null' : 'null')}`
  if (clause.kind === 'among') {
    const among = sql<SqlBool>`${of} = any(${[...clause.values]})`
    return clause.negated ? sql<SqlBool>`not (${among})` : among
  }
  const { op, value } = clause
  // As in MLflow, a backslash is a backslash: nothing makes a wildcard plain.
  if (op === 'like' || op === 'ilike') return sql<SqlBool>`${of} ${sql.raw(op)} ${value} escape ''`
  return sql<SqlBool>`${of} ${sql.raw(operators[op])} ${typeof value === 'number' ? numberOf(value) : value}`
}

/** A number beside a bigint may have a fraction, and beside a double none. */
const numberOf = (value: number) => sql`${value}::${sql.raw(Number.isSafeInteger(value) ? 'bigint' : 'float8')}`
