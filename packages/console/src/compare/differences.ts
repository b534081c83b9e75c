import { formatNumber } from '../ui/format.ts'
import { finite, type Double } from '../experiment/values.ts'

/** One name, and what each run has of it; undefined where a run has none. */
export interface Compared<Value> {
  readonly key: string
  readonly values: readonly (Value | undefined)[]
}

/**
 * What runs have under each name.
 *
 * @param differing - only names of which not all runs have the same
 */
export function compare<Value>(
  runs: readonly Readonly<Record<string, Value>>[],
  differing: boolean,
  order: (a: string, b: string) => number,
): Compared<Value>[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))].toSorted(order)
  const all = keys.map((key) => ({ key, values: runs.map((run) => (Object.hasOwn(run, key) ? run[key] : undefined)) }))
  return differing ? all.filter(({ values }) => values.some((value) => value !== values[0])) : all
}

/** How far a value is from that of the baseline, with its sign: `+0.0214`; undefined where there is nothing to say. */
export function deltaText(value: Double | undefined, baseline: Double | undefined): string | undefined {
  const [a, b] = [finite(value), finite(baseline)]
  if (a === null || b === null) return undefined
  const text = formatNumber(Math.abs(a - b))
  if (a === b || text === '0') return '±0'
  return `${a < b ? '−' : '+'}${text}`
}
