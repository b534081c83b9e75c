import { failPlatform } from '../../platform/errors.ts'

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Page<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

/** The position below which a page starts; the first page starts above all. @throws DomainError for a foreign cursor */
export function positionOf({ cursor }: PageRequest): number {
  if (cursor === undefined) return 2 ** 31 - 1
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor)
  throw refuseCursor()
}

export function refuseCursor(): Error {
  const message = 'give the nextCursor of the page before, or leave it out to start with the newest'
  return failPlatform(
    'http.invalid_request',
    { issues: [{ path: 'query.cursor', message }] },
    { why: `cursor: ${message}` },
  )
}

/** Makes a page of up to `limit + 1` rows: the one too many tells that another page follows. */
export function pageOf<R>(rows: readonly R[], limit: number, position: (row: R) => number): Page<R> {
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? String(position(items.at(-1)!)) : null }
}
