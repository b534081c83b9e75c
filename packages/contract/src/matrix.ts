import { z } from 'zod'
import { Name } from './common.ts'

const Scalar = z.union([z.string(), z.number(), z.boolean()])
const Combination = z.record(Name, Scalar)
export type Combination = Readonly<Record<string, z.infer<typeof Scalar>>>

/** A small value that a step writes: a JSON list. */
const ListFrom = z.object({ step: z.string().min(1).max(182), value: Name })
export type ListFrom = z.infer<typeof ListFrom>

/** A matrix that is known only when a step before has ended. */
export const MatrixSpec = z.object({
  lists: z.record(Name, z.union([ListFrom, z.array(Scalar).min(1)])).default({}),
  include: z.union([ListFrom, z.array(Combination)]).default([]),
  exclude: z.array(Combination).default([]),
})
export type MatrixSpec = z.infer<typeof MatrixSpec>

/** What a step must write for a list of a matrix, and for its `include`. */
export const MatrixList = z.array(Scalar)
export const MatrixInclude = z.array(Combination)

/** One step of a matrix: its key, as in `train[lr=0.1,seed=2]`, and its values. */
export interface Instance {
  readonly key: string
  readonly values: Combination
}

/** Most steps a run may have, once every matrix is known. */
export const runStepLimit = 10_000

/** Two combinations that nobody could tell apart by name. */
export class MatrixError extends Error {
  override readonly name = 'MatrixError'
}

/** How many combinations the lists have, without making them. */
export const countOf = (lists: Readonly<Record<string, readonly unknown[]>>): number =>
  Object.values(lists).reduce((product, values) => product * values.length, 1)

/**
 * Every combination of the lists, without those that fit an `exclude`. As in GitHub Actions an `include` adds its other
 * values to the combinations it fits, and is one of its own when it fits none.
 */
export function combinationsOf(
  lists: Readonly<Record<string, readonly z.infer<typeof Scalar>[]>>,
  include: readonly Combination[],
  exclude: readonly Combination[],
): Combination[] {
  const all = Object.entries(lists).reduce<Combination[]>(
    (before, [key, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    Object.keys(lists).length > 0 ? [{}] : [],
  )
  const kept = all.filter((combination) => !exclude.some((pattern) => fits(combination, pattern)))
  return includeInto(kept, include, Object.keys(lists))
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

/**
 * Names each combination. A key holds few characters; the values themselves are kept beside it as they are.
 *
 * @throws MatrixError when two read the same
 */
export function keyed(name: string, combinations: readonly Combination[]): Instance[] {
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
      throw new MatrixError(`Two combinations of "${name}" read the same as a name: ${both}; shorten the values.`)
    }
    taken.set(key, values)
  }
  return [...taken].map(([key, values]) => ({ key, values }))
}
