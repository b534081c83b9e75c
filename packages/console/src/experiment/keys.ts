/** What may follow `metrics.` without quotes; see docs/search.md. */
const BARE = /^[\p{L}\p{N}_.\-/:]+$/u

/**
 * The name of a metric, a param or a tag as a search writes it, such as ``metrics.`val loss` ``; undefined for a key that
 * holds every kind of quote, which the language cannot name.
 */
export function fieldName(entity: 'metrics' | 'params' | 'tags', key: string): string | undefined {
  if (BARE.test(key)) return `${entity}.${key}`
  const quote = ['`', '"', "'"].find((one) => !key.includes(one))
  return quote && `${entity}.${quote}${key}${quote}`
}

/** What the machine measured of itself comes after what the model did, each in the order of names. */
export const byImportance = (a: string, b: string): number =>
  Number(isSystem(a)) - Number(isSystem(b)) || (a < b ? -1 : a > b ? 1 : 0)

export const isSystem = (metric: string): boolean => metric.startsWith('system/')

/** Tags that clients write for their own use. */
export const isOwnTag = (tag: string): boolean => !tag.startsWith('mlflow.') && !tag.startsWith('evenkeel.')

/** A filter that finds these runs and no others. Ids that could end the text in quotes are left out. */
export const filterOfRuns = (runs: readonly string[]): string =>
  `attributes.run_id IN (${runs
    .filter((run) => /^[\w.-]+$/.test(run))
    .map((run) => `'${run}'`)
    .join(', ')})`
