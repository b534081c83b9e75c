import { failPlatform } from './errors.ts'

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Page<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

/** What an int column of PostgreSQL can hold: above every position, where a list begins with the newest. */
export const highestPosition = 2 ** 31 - 1

/**
 * The position that a cursor names.
 *
 * @param most - what the column can hold
 * @throws DomainError `http.invalid_request` for a cursor of something else
 */
export function positionOf(cursor: string, most = highestPosition): number {
  const position = /^-?\d{1,16}$/.test(cursor) ? Number(cursor) : NaN
  if (Math.abs(position) <= most) return position
  throw refuseCursor()
}

export function refuseCursor(): Error {
  const message = 'give the nextCursor of the page before, or leave it out to start anew'
  const why = `cursor: ${message}`
  return failPlatform('http.invalid_request', { issues: [{ path: 'query.cursor', message }] }, { why })
}

/** Makes a page of up to `limit + 1` rows: the one too many tells that another page follows. */
export function pageOf<R>(rows: readonly R[], limit: number, position: (row: R) => number | string): Page<R> {
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? String(position(items.at(-1)!)) : null }
}
