import { tracesErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'

const fail = failures(tracesErrors)

/** Longest texts, in characters. */
export const limits = {
  traceId: 250,
  key: 250,
  value: 8000,
  preview: 10_000,
  /** Of what was made from a span; clients cut theirs to as much. */
  ownPreview: 1000,
  assessment: 1_000_000,
} as const

/** Most there may be of what a trace holds, and of what one call carries. */
export const most = {
  spans: 20_000,
  spanBytes: 64 * 1024 ** 2,
  texts: 500,
  /** Tags of a trace up to which its spans may add some. */
  spanTags: 250,
  assessments: 1000,
  links: 100,
  page: 500,
  batch: 500,
  /** Of the spans of all traces that are read at once. */
  batchBytes: 128 * 1024 ** 2,
} as const

/** @throws DomainError `traces.bad_value` */
export function requireLength(field: string, text: string, longest: number): void {
  if (text.length > 0 && text.length <= longest) return
  const why = `${field} '${text.slice(0, 50)}' had length ${text.length}; it must be 1 to ${longest} characters.`
  throw fail('traces.bad_value', { field }, { why })
}

/** @throws DomainError `traces.bad_value` for more than one call may carry */
export function requireCount(field: string, count: number, limit: number): void {
  if (count <= limit) return
  const why = `Cannot take more than ${limit} ${field} in a single request. Provided ${count} ${field}.`
  throw fail('traces.bad_value', { field }, { why })
}

/** Cuts a text that is longer than it may be, and never through a character. */
export function cut(text: string, characters: number, ending = ''): string {
  if (text.length <= characters) return text
  const short = text.slice(0, characters - ending.length)
  return (short.isWellFormed() ? short : short.slice(0, -1)) + ending
}

/**
 * Tags or metadata as they are kept: long values are cut.
 *
 * @throws DomainError `traces.bad_value` for a key that is too long, or for too many
 */
export function keptTexts(field: string, texts: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(texts)
  requireCount(field, entries.length, most.texts)
  return Object.fromEntries(
    entries.map(([key, value]) => {
      requireLength(`${field} key`, key, limits.key)
      return [key, cut(value, limits.value)]
    }),
  )
}
