/** The rows in which a feature has one value: their share of all rows, and the mean of the metric over them. */
export interface ValueGroup {
  readonly value: string
  readonly share: number
  readonly mean: number
}

export interface Contribution {
  readonly value: string
  /** What the change of this value's share adds to the metric. */
  readonly mix: number
  /** What the change of the metric inside this value adds. */
  readonly within: number
}

export interface Decomposition {
  /** One entry per value of either window: those of the reference in their order, then the new ones. */
  readonly contributions: readonly Contribution[]
  readonly mix: number
  readonly within: number
  /** Current mean less reference mean; equals `mix + within`. */
  readonly change: number
}

/**
 * Kitagawa decomposition: how much of a metric's change is another population, how much another behaviour.
 *
 * A value absent from the reference is taken to have had the reference mean; one absent from the current window, to
 * have kept its own.
 *
 * @param reference - one group per value, shares in [0, 1] summing to 1
 * @param current - one group per value, shares in [0, 1] summing to 1
 * @returns contributions in the unit of the metric
 * @throws RangeError when the shares of a window do not sum to 1, a value comes twice or a number is not finite
 * @see Kitagawa, Components of a difference between two rates (1955)
 */
export function kitagawa(reference: readonly ValueGroup[], current: readonly ValueGroup[]): Decomposition {
  const before = byValue('reference', reference)
  const after = byValue('current', current)
  const overall = overallMean(reference)
  const values = [...new Set([...before.keys(), ...after.keys()])]
  const contributions = values.map((value) => {
    const from = before.get(value) ?? { share: 0, mean: overall }
    const to = after.get(value) ?? { share: 0, mean: from.mean }
    return {
      value,
      mix: ((to.share - from.share) * (from.mean + to.mean)) / 2,
      within: ((to.mean - from.mean) * (from.share + to.share)) / 2,
    }
  })
  return {
    contributions,
    mix: contributions.reduce((sum, { mix }) => sum + mix, 0),
    within: contributions.reduce((sum, { within }) => sum + within, 0),
    change: overallMean(current) - overall,
  }
}

function overallMean(groups: readonly ValueGroup[]): number {
  return groups.reduce((sum, { share, mean }) => sum + share * mean, 0)
}

/** Groups with rows, by value: an empty group has no mean to speak of. */
function byValue(name: string, groups: readonly ValueGroup[]): Map<string, ValueGroup> {
  const found = new Map<string, ValueGroup>()
  for (const group of groups) {
    if (found.has(group.value)) {
      throw new RangeError(`kitagawa: the ${name} window has the value "${group.value}" twice; group its rows first`)
    }
    if (!(group.share >= 0 && Number.isFinite(group.mean))) {
      throw new RangeError(
        `kitagawa: "${group.value}" in the ${name} window has share ${group.share} and mean ${group.mean}; ` +
          'give a share of 0 or more and a finite mean',
      )
    }
    if (group.share > 0) found.set(group.value, group)
  }
  checkTotal(name, groups)
  return found
}

function checkTotal(name: string, groups: readonly ValueGroup[]): void {
  const total = groups.reduce((sum, { share }) => sum + share, 0)
  if (Math.abs(total - 1) <= 1e-9) return
  throw new RangeError(`kitagawa: the shares of the ${name} window sum to ${total}; give every value, so they sum to 1`)
}
