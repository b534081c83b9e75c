import { trackingErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'

const fail = failures(trackingErrors)

/** Longest texts, in characters; the limits of MLflow's stores. */
export const limits = {
  experimentName: 500,
  key: 250,
  experimentTagValue: 5000,
  paramValue: 6000,
  tagValue: 8000,
} as const

/** Cuts a text that is longer than it may be, and never through a character. */
export function truncated(text: string, characters: number): string {
  if (text.length <= characters) return text
  return Array.from(text.slice(0, characters * 2))
    .slice(0, characters)
    .join('')
}

/** @throws DomainError `tracking.bad_value` for a text that is longer than it may be */
export function requireLength(field: string, text: string, most: number): void {
  if (text.length <= most) return
  const why = `${field} '${text.slice(0, 50)}…' had length ${text.length}, which exceeded length limit of ${most}`
  throw fail('tracking.bad_value', { field }, { why })
}

/**
 * Names of metrics, params and tags become paths in stores of files, so they are ones that no path changes.
 *
 * @throws DomainError `tracking.bad_value`
 */
export function requireKey(field: string, key: string): void {
  requireLength(field, key, limits.key)
  const isPath =
    key === '' || key.startsWith('/') || key.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key) || isPath) {
    const allowed =
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/), and must be a path that nothing shortens.'
    throw fail('tracking.bad_value', { field }, { why: `Invalid ${field} name: '${key}'. ${allowed}` })
  }
}
