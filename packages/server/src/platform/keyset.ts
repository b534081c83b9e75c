import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { refusePageToken } from './page-token.ts'

/** One column of a total order; it is never null. */
export interface SortColumn {
  readonly of: RawBuilder<unknown>
  readonly type: 'text' | 'bigint' | 'float8' | 'int'
  readonly descending: boolean
}

/** A value that may be missing as two columns: those that have it first, a number before NaN, in either direction. */
export const nullable = ({ of, type, descending }: SortColumn): SortColumn[] => [
  {
    of:
      type === 'float8'
        ? sql`case when ${of} is null then 2 when ${of} = 'NaN' then 1 else 0 end`
        : sql`case when ${of} is null then 1 else 0 end`,
    type: 'int',
    descending: false,
  },
  { of: sql`coalesce(${of}, ${sql.lit(type === 'text' ? '' : 0)})`, type, descending },
]

export const orderOf = (columns: readonly SortColumn[]): RawBuilder<unknown> =>
  sql.join(columns.map(({ of, descending }) => sql`${of} ${sql.raw(descending ? 'desc' : 'asc')}`))

/** The values of a row that `after` goes on from. */
export const positionOf = (columns: readonly SortColumn[]): RawBuilder<string[]> =>
  sql<string[]>`array[${sql.join(columns.map(({ of }) => sql`(${of})::text`))}]`

/**
 * What comes behind a row in the order. The first column stands alone too, so that an index can begin there.
 *
 * @throws DomainError `http.invalid_request` for values that no row of this order has
 */
export function after(columns: readonly SortColumn[], values: readonly string[]): RawBuilder<SqlBool> {
  requireFitting(
    columns.map(({ type }) => type),
    values,
  )
  const [first] = columns
  if (!first) return sql<SqlBool>`false`
  return sql<SqlBool>`(${first.of} ${beyond(first)}= ${typed(first, values[0]!)} and ${behind(columns, values)})`
}

function behind(columns: readonly SortColumn[], values: readonly string[]): RawBuilder<SqlBool> {
  const [first, ...rest] = columns
  if (!first) return sql<SqlBool>`false`
  const value = typed(first, values[0]!)
  const further = sql<SqlBool>`${first.of} ${beyond(first)} ${value}`
  if (rest.length === 0) return further
  return sql<SqlBool>`(${further} or (${first.of} = ${value} and ${behind(rest, values.slice(1))}))`
}

/** @throws DomainError `http.invalid_request` for values that PostgreSQL would not read as these types */
export function requireFitting(types: readonly SortColumn['type'][], values: readonly string[]): void {
  const fit = values.length === types.length && types.every((type, index) => fits(type, values[index]!))
  if (!fit) throw refusePageToken()
}

function fits(type: SortColumn['type'], value: string): boolean {
  if (type === 'text') return true
  if (type === 'float8') return isDouble(value)
  const bits = type === 'int' ? 32 : 64
  return /^-?\d{1,19}$/.test(value) && BigInt.asIntN(bits, BigInt(value)) === BigInt(value)
}

const isDouble = (value: string) =>
  /^(?:NaN|-?Infinity)$/.test(value) ||
  (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) && Number.isFinite(Number(value)))

const beyond = ({ descending }: SortColumn) => sql.raw(descending ? '<' : '>')

const typed = ({ type }: SortColumn, value: string) => sql`${value}::${sql.raw(type)}`
