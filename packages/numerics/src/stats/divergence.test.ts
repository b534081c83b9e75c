import { describe, expect, it } from 'vitest'
import { hellingerDistance, jensenShannonDistance, lInfinityDistance, populationStabilityIndex } from './divergence.ts'

const reference = Float64Array.of(10, 0, 30, 60)
const current = [20, 5, 0, 50]

describe('population stability index', () => {
  it.each([
    { name: 'equal shares', expected: [10, 20, 70], actual: [1, 2, 7], psi: 0 },
    { name: 'half the mass moves', expected: [50, 50], actual: [75, 25], psi: 0.2746530721670274 },
    { name: 'a bin empties', expected: [50, 50], actual: [100, 0], psi: 4.60431846666895 },
  ])('$name', ({ expected, actual, psi }) => {
    expect(populationStabilityIndex(expected, actual)).toBeCloseTo(psi, 12)
  })

  it('gives an empty bin the floor on either side', () => {
    // p, q = (maximum(a / a.sum(), 1e-4) for a in (reference, current)); sum((q - p) * log(q / p))
    expect(populationStabilityIndex(reference, current)).toBeCloseTo(3.0044409924586293, 12)
  })

  it('refuses bins that do not line up', () => {
    expect(() => populationStabilityIndex([1, 2], [1])).toThrow('psi: 2 reference bins but 1 current bins')
  })

  it('refuses a floor of 0', () => {
    expect(() => populationStabilityIndex([1], [1], 0)).toThrow('psi: the floor is 0')
  })
})

// scipy.spatial.distance.jensenshannon(p, q); sqrt(1 - sum(sqrt(p * q))); abs(p - q).max()
it.each([
  { name: 'Jensen–Shannon', distance: jensenShannonDistance, between: 0.38419645746817654, apart: Math.sqrt(Math.LN2) },
  { name: 'Hellinger', distance: hellingerDistance, between: 0.451934897723974, apart: 1 },
  { name: 'L-infinity', distance: lInfinityDistance, between: 0.3, apart: 1 },
])('$name is 0 for equal shares and largest when no bin is shared', ({ distance, between, apart }) => {
  expect(distance(reference, current)).toBeCloseTo(between, 12)
  expect(distance(current, reference)).toBeCloseTo(between, 12)
  expect(distance([1, 2, 3], [2, 4, 6])).toBe(0)
  expect(distance([5, 0], [0, 7])).toBeCloseTo(apart, 12)
})

it.each([jensenShannonDistance, hellingerDistance, lInfinityDistance])(
  '%o refuses an empty or negative window',
  (distance) => {
    expect(() => distance([1, 2], [0, 0])).toThrow('the current window has no rows')
    expect(() => distance([1, -2], [1, 1])).toThrow('the reference count of bin 1 is -2')
  },
)
