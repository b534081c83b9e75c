import type { Matrix } from '@evenkeel/contract'
import { PipelineMistake } from './mistake.ts'

type Value = string | number | boolean
export type Combination = Readonly<Record<string, Value>>

/** One step of a matrix: its key, as in `train[lr=0.1,seed=2]`, and its values. */
export interface Instance {
  readonly key: string
  readonly values: Combination
}

/** Most steps a pipeline may have. */
export const stepLimit = 2000

/**
 * Every combination of the lists, without those that fit an `exclude`. As in GitHub Actions an `include` adds its other
 * values to the combinations it fits, and is one of its own when it fits none.
 *
 * @throws PipelineMistake when there is none, too many, or two that read the same
 */
export function expandMatrix(name: string, matrix: Matrix | undefined): Instance[] {
  if (!matrix) return [{ key: name, values: {} }]
  const { include = [], exclude = [], max_parallel: _, fail_fast: __, ...lists } = matrix
  const count = Object.values(lists).reduce((product, values) => product * values.length, 1)
  if (count > stepLimit) throw tooMany(name, count)
  const combinations = Object.entries(lists).reduce<Combination[]>(
    (all, [key, values]) => all.flatMap((combination) => values.map((value) => ({ ...combination, [key]: value }))),
    Object.keys(lists).length > 0 ? [{}] : [],
  )
  const kept = combinations.filter((combination) => !exclude.some((pattern) => fits(combination, pattern)))
  const expanded = includeInto(kept, include, Object.keys(lists))
  if (expanded.length === 0) throw new PipelineMistake(`The matrix of "${name}" has no combination left; exclude less.`)
  if (expanded.length > stepLimit) throw tooMany(name, expanded.length)
  return keyed(name, expanded)
}

const fits = (combination: Combination, pattern: Combination): boolean =>
  Object.entries(pattern).every(([key, value]) => combination[key] === value)

function includeInto(kept: readonly Combination[], include: readonly Combination[], keys: readonly string[]) {
  const extended = [...kept]
  const added: Combination[] = []
  for (const entry of include) {
    const shared = Object.fromEntries(Object.entries(entry).filter(([key]) => keys.includes(key)))
    const matching = kept.flatMap((combination, at) => (fits(combination, shared) ? [at] : []))
    if (matching.length === 0) added.push(entry)
    for (const at of matching) extended[at] = { ...extended[at], ...entry }
  }
  return [...extended, ...added]
}

/** A key holds few characters; the values themselves are kept beside it as they are. */
function keyed(name: string, combinations: readonly Combination[]): Instance[] {
  const taken = new Map<string, Combination>()
  for (const values of combinations) {
    const pairs = Object.entries(values).map(([key, value]) => `${key}=${value}`)
    const label = pairs
      .join(',')
      .replaceAll(/[^A-Za-z0-9_.,=+: -]/g, '_')
      .slice(0, 100)
    const key = `${name}[${label}]`
    const before = taken.get(key)
    if (before) {
      const both = `${JSON.stringify(before)} and ${JSON.stringify(values)}`
      throw new PipelineMistake(`Two combinations of "${name}" read the same as a name: ${both}; shorten the values.`)
    }
    taken.set(key, values)
  }
  return [...taken].map(([key, values]) => ({ key, values }))
}

const tooMany = (name: string, count: number) =>
  new PipelineMistake(`The matrix of "${name}" has ${count} combinations, and a pipeline holds ${stepLimit} steps.`)
