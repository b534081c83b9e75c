import { createHash } from 'node:crypto'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { refuseCursor } from '../../../platform/page.ts'
import { isStorable } from '../../../platform/storable.ts'

/** One key of an order. Its expression is never null, and the keys together are unique. */
export interface SortKey {
  readonly expression: RawBuilder<unknown>
  /** Of its values in JSON. */
  readonly type: 'string' | 'number' | 'boolean'
  readonly descending: boolean
}

export const orderOf = (keys: readonly SortKey[]): RawBuilder<unknown> =>
  sql.join(keys.map(({ expression, descending }) => sql`${expression} ${sql.raw(descending ? 'desc' : 'asc')}`))

/** The values of the keys in a row, as a JSON list for its cursor. */
export const valuesOf = (keys: readonly SortKey[]): RawBuilder<readonly unknown[]> =>
  sql<readonly unknown[]>`jsonb_build_array(${sql.join(keys.map(({ expression }) => expression))})`

/** The condition of what comes after the row with these values. */
export function behind(keys: readonly SortKey[], values: readonly unknown[]): RawBuilder<SqlBool> {
  const steps = keys.map(({ expression, descending }, index) => {
    const same = keys.slice(0, index).map((key, before) => sql`${key.expression} = ${values[before]}`)
    return sql`(${sql.join([...same, sql`${expression} ${sql.raw(descending ? '<' : '>')} ${values[index]}`], sql` and `)})`
  })
  return sql<SqlBool>`(${sql.join(steps, sql` or `)})`
}

/** A cursor that only the same question can use: behind another filter or order it would skip or repeat rows. */
export const cursorOf = (question: unknown, values: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([fingerprint(question), ...values])).toString('base64url')

/** @throws DomainError `http.invalid_request` for a cursor of something else */
export function readCursor(question: unknown, cursor: string, keys: readonly SortKey[]): readonly unknown[] {
  const [print, ...values] = listOf(cursor)
  const fits = values.length === keys.length && values.every((value, index) => typeof value === keys[index]!.type)
  if (print !== fingerprint(question) || !fits || !values.every(isSafe)) throw refuseCursor()
  return values
}

const isSafe = (value: unknown): boolean => typeof value !== 'string' || isStorable(value)

function listOf(cursor: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

const fingerprint = (question: unknown): string =>
  createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 12)
