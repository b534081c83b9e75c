import { describe, expect, it } from 'vitest'
import { lattice } from './testing.ts'
import {
  wasserstein1,
  wasserstein1Normed,
  wasserstein1NormedOfCounts,
  wasserstein1OfCounts,
  wasserstein1Weighted,
} from './wasserstein.ts'

const x = lattice(50, 7, 101)
const y = lattice(70, 11, 97).map((value) => value ** 1.3)

it('is the area between two distributions', () => {
  // scipy.stats.wasserstein_distance(x, y)
  expect(wasserstein1(x, y)).toBeCloseTo(0.039864838673900754, 12)
  expect(wasserstein1(Float64Array.of(1, 1, 2), Float64Array.of(2, 1, 1))).toBe(0)
})

it('moves by exactly what a sample is shifted by', () => {
  expect(
    wasserstein1(
      x,
      x.map((value) => value + 3),
    ),
  ).toBeCloseTo(3, 12)
})

it('weighs rows', () => {
  // scipy.stats.wasserstein_distance([3, 1, 2, 2], [0, 4, 5], [1, 2, 3, 0.5], [2, 0, 1.5])
  const reference = { values: [3, 1, 2, 2], weights: [1, 2, 3, 0.5] }
  const current = { values: [0, 4, 5], weights: [2, 0, 1.5] }

  expect(wasserstein1Weighted(reference, current)).toBeCloseTo(1.9670329670329672, 12)
})

it('is normed by the deviation of the reference, but never by less than 0.001', () => {
  // wasserstein_distance(x, y) / max(numpy.std(x), 0.001)
  expect(wasserstein1Normed(x, y)).toBeCloseTo(0.1368183392910349, 12)
  expect(wasserstein1Normed([5, 5], [6, 6])).toBeCloseTo(1000, 9)
})

it('leaves the samples as they were and refuses what it cannot measure', () => {
  const reference = Float64Array.of(3, 1, 2)

  wasserstein1(reference, [1])

  expect(reference).toEqual(Float64Array.of(3, 1, 2))
  expect(() => wasserstein1([], [1])).toThrow('wasserstein: the reference sample is empty')
  expect(() => wasserstein1Weighted({ values: [1], weights: [] }, { values: [1], weights: [1] })).toThrow(
    'wasserstein: 1 reference values but 0 weights',
  )
})

describe('of counts', () => {
  it.each([
    { name: 'a bin moves to the next', edges: [0, 1, 2], reference: [4, 0], current: [0, 4], distance: 1 },
    { name: 'unequal widths', edges: [0, 1, 5], reference: [1, 0], current: [0, 1], distance: 2.5 },
    // U(0, 2) against U(0, 1): the area of two triangles, 1/4 each
    { name: 'half moves', edges: [0, 1, 2], reference: [1, 1], current: [2, 0], distance: 0.5 },
    // The gap runs 0, 1/2, −1/4, 0 and crosses 0 two thirds through the second bin: 1/4 + 1/6 + 1/24 + 1/8.
    { name: 'the gap changes sign', edges: [0, 1, 2, 3], reference: [2, 0, 2], current: [0, 3, 1], distance: 7 / 12 },
  ])('$name', ({ edges, reference, current, distance }) => {
    expect(wasserstein1OfCounts(edges, reference, current)).toBeCloseTo(distance, 12)
  })

  it('is normed by the deviation of the reference histogram', () => {
    // U(0, 2) has a standard deviation of 2 / √12.
    expect(wasserstein1NormedOfCounts([0, 1, 2], [1, 1], [2, 0])).toBeCloseTo((0.5 * Math.sqrt(12)) / 2, 12)
  })

  it('refuses edges that do not fit', () => {
    expect(() => wasserstein1OfCounts([0, 1], [1, 1], [1, 1])).toThrow('wasserstein: 2 edges but 2 counts')
    expect(() => wasserstein1OfCounts([0, 0, 1], [1, 1], [1, 1])).toThrow('wasserstein: edge 1 is 0')
  })
})
