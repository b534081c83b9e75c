import { describe, expect, it } from 'vitest'
import { goesLeft } from './candidates.ts'
import { searchCategorical } from './search-categorical.ts'
import { searchNumerical } from './search-numerical.ts'
import { parkMiller } from './testing.ts'

interface Bin {
  readonly gradient: number
  readonly hessian: number
}

const limits = { minRowsPerLeaf: 20, lambdaL2: 1 }

/** Bins of whole hessians, which count rows as under the squared loss; a histogram begins somewhere in its array. */
function leafOf(bins: readonly Bin[]) {
  const sums = Float64Array.from([9, 9, ...bins.flatMap(({ gradient, hessian }) => [gradient, hessian])])
  const { gradient, hessian } = total(bins)
  return { histogram: { sums, at: 2, binCount: bins.length }, leaf: { gradient, hessian, rowCount: hessian } }
}

const total = (bins: readonly Bin[]): Bin => ({
  gradient: bins.reduce((sum, bin) => sum + bin.gradient, 0),
  hessian: bins.reduce((sum, bin) => sum + bin.hessian, 0),
})
const score = ({ gradient, hessian }: Bin, lambda: number) => gradient ** 2 / (hessian + lambda)

/** The gain of sending these bins left, by its definition; 0 when a side has too few rows. */
function gainOf(
  bins: readonly Bin[],
  isLeft: (bin: number) => boolean,
  lambda: number,
  minRows = limits.minRowsPerLeaf,
) {
  const left = total(bins.filter((_, bin) => isLeft(bin)))
  const right = total(bins.filter((_, bin) => !isLeft(bin)))
  if (left.hessian < minRows || right.hessian < minRows) return 0
  return score(left, lambda) + score(right, lambda) - score(total(bins), limits.lambdaL2)
}

function randomBins(count: number, seed: number, largest: number): Bin[] {
  const numbers = parkMiller(seed)
  const below = (limit: number) => numbers.next().value % limit
  return Array.from({ length: count }, () => ({ gradient: below(2001) / 100 - 10, hessian: below(largest) }))
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('among random bins %i', (seed) => {
  it('finds the threshold and the side of missing values that gain most', () => {
    const bins = randomBins(12, seed, 30)
    const { histogram, leaf } = leafOf(bins)
    const gains = bins.flatMap((_, threshold) => [
      gainOf(bins, (bin) => bin <= threshold && bin < 11, 1),
      gainOf(bins, (bin) => bin <= threshold || bin === 11, 1),
    ])

    const found = searchNumerical(histogram, 11, leaf, limits)

    expect(found.gain).toBeCloseTo(Math.max(0, ...gains), 9)
    expect(gainOf(bins, (bin) => goesLeft(found, bin), 1)).toBeCloseTo(found.gain, 9)
  })

  it('finds the threshold that gains most when nothing is missing', () => {
    const bins = randomBins(10, seed, 30)
    const { histogram, leaf } = leafOf(bins)
    const gains = bins.map((_, threshold) => gainOf(bins, (bin) => bin <= threshold, 1))

    const found = searchNumerical(histogram, -1, leaf, limits)

    expect(found.gain).toBeCloseTo(Math.max(0, ...gains), 9)
    expect(found.gain === 0 || found.missing === 'undecided').toBe(true)
  })

  it('finds the one category of few that gains most', () => {
    const bins = randomBins(5, seed, 60)
    const { histogram, leaf } = leafOf(bins)
    const gains = [1, 2, 3, 4].map((category) => gainOf(bins, (bin) => bin === category, 1))

    expect(searchCategorical(histogram, leaf, limits).gain).toBeCloseTo(Math.max(0, ...gains), 9)
  })

  it('finds a set of categories that no other set of the same λ beats', () => {
    // Equal weights, so that the smoothing of means does not change their sequence.
    const bins = randomBins(9, seed, 30).map(({ gradient }) => ({ gradient, hessian: 200 }))
    const { histogram, leaf } = leafOf(bins)
    const sets = Array.from(
      { length: 2 ** 8 },
      (_, bits) => (bin: number) => bin > 0 && ((bits >> (bin - 1)) & 1) === 1,
    )
    // Bin 0 stays on the right, so that at most half of the categories go left.
    const allowed = sets.filter((isLeft) => bins.filter((_, bin) => isLeft(bin)).length <= 4)

    const found = searchCategorical(histogram, leaf, limits)

    expect(found.gain).toBeCloseTo(Math.max(...allowed.map((isLeft) => gainOf(bins, isLeft, 11))), 9)
    expect(found.lambda).toBe(11)
    expect(goesLeft(found, 0)).toBe(false)
  })
})

it('finds no split where there is nothing to gain', () => {
  const { histogram, leaf } = leafOf(Array.from({ length: 8 }, () => ({ gradient: 0, hessian: 50 })))

  expect(searchNumerical(histogram, -1, leaf, limits).gain).toBe(0)
  expect(searchCategorical(histogram, leaf, limits).gain).toBe(0)
})

it('sends all values left when only missing ones differ', () => {
  const { histogram, leaf } = leafOf([
    { gradient: -30, hessian: 100 },
    { gradient: -30, hessian: 100 },
    { gradient: 60, hessian: 100 },
  ])

  expect(searchNumerical(histogram, 2, leaf, limits)).toMatchObject({ thresholdBin: 1, missing: 'right' })
})
