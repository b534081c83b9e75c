import { failPlatform } from '../../platform/errors.ts'

/** RFC 3339, e.g. `2025-04-15T08:49:18.699Z`, as milliseconds since 1970. @throws DomainError `http.invalid_request` */
export function momentOf(name: string, text: string): number {
  const ms = Date.parse(text)
  if (Number.isFinite(ms) && /^\d{4}-/.test(text)) return ms
  throw refuse(name, text, 'a time such as "2025-04-15T08:49:18.699Z"')
}

export const momentText = (ms: number): string => new Date(ms).toISOString()

/** `"1.5s"` in milliseconds. @throws DomainError `http.invalid_request` */
export function durationOf(name: string, text: string): number {
  const [, seconds] = /^(\d{1,12}(?:\.\d{1,9})?)s$/.exec(text) ?? []
  if (seconds !== undefined) return Math.round(Number(seconds) * 1000)
  throw refuse(name, text, 'a duration such as "1.5s"')
}

export const durationText = (ms: number): string => `${ms / 1000}s`

function refuse(name: string, text: string, expected: string) {
  const why = `Invalid value '${text.slice(0, 100)}' for parameter '${name}' supplied: it must be ${expected}.`
  return failPlatform('http.invalid_request', { issues: [{ path: name, message: why }] }, { why })
}
