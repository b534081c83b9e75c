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
  userId: 256,
  modelId: 250,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  datasetTagKey: 255,
  datasetTagValue: 500,
} as const

/** Most items of one call. */
export const most = { metrics: 1000, params: 100, tags: 100, batch: 1000, datasets: 1000 } as const

/** Cuts a text that is longer than it may be, and never through a character. */
export function truncated(text: string, characters: number): string {
  if (text.length <= characters) return text
  return Array.from(text.slice(0, characters * 2))
    .slice(0, characters)
    .join('')
}

/** @throws DomainError `tracking.bad_value` for more items than one call may carry */
export function requireCount(entity: string, limit: number, count: number): void {
  if (count <= limit) return
  const why = `A batch logging request can contain at most ${limit} ${entity}. Got ${count} ${entity}. Please split up ${entity} across multiple requests and try again.`
  throw fail('tracking.bad_value', { field: entity }, { why })
}

/** Milliseconds since 1970 of a run's begin and end. @throws DomainError `tracking.bad_value` */
export function requireTime(field: string, value: number | bigint): number {
  if (typeof value === 'number' && value >= 0) return value
  const why = `Invalid value ${value} for parameter '${field}' supplied: it must be milliseconds since 1970, from 0 to 2^53.`
  throw fail('tracking.bad_value', { field }, { why })
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
