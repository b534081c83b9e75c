import { expect, it } from 'vitest'
import { meanInterval, wilsonInterval } from './intervals.ts'
import { addMoments, meanOf, momentsOf, noMoments, varianceOf } from './moments.ts'
import { lattice } from './testing.ts'

// scipy.stats.binomtest(successes, trials).proportion_ci(level, 'wilson')
it.each([
  { successes: 0, trials: 10, level: 0.95, lower: 0, upper: 0.27753279986288926 },
  { successes: 10, trials: 10, level: 0.95, lower: 0.7224672001371109, upper: 1 },
  { successes: 3, trials: 20, level: 0.95, lower: 0.05236874589621662, upper: 0.3604188647407569 },
  { successes: 400, trials: 1000, level: 0.99, lower: 0.36088080567445163, upper: 0.44043742730622976 },
])('bounds a share of $successes in $trials', ({ successes, trials, level, lower, upper }) => {
  const interval = wilsonInterval(successes, trials, level)

  expect(interval.lower).toBeCloseTo(lower, 12)
  expect(interval.upper).toBeCloseTo(upper, 12)
})

it('bounds a mean', () => {
  // scipy.stats.norm.interval(0.9, x.mean(), scipy.stats.sem(x))
  const { lower, upper } = meanInterval(momentsOf(lattice(50, 7, 101)), 0.9)

  expect(lower).toBeCloseTo(0.38955380870934914, 12)
  expect(upper).toBeCloseTo(0.5264857952510468, 12)
})

it('adds up the moments of two windows', () => {
  const sums = addMoments(addMoments(noMoments, momentsOf([1, 2])), momentsOf([6]))

  expect(sums).toEqual({ count: 3, sum: 9, sumSquares: 41 })
  expect(varianceOf(sums)).toBeCloseTo(14 / 3, 12)
  expect(varianceOf(sums, 1)).toBeCloseTo(7, 12)
})

it('refuses what has no mean, no variance or no level', () => {
  expect(() => meanOf(noMoments)).toThrow('moments: no value yet')
  expect(() => meanInterval(momentsOf([1]))).toThrow('moments: 1 values have no variance; ask again with at least 2')
  expect(() => wilsonInterval(1, 2, 1)).toThrow('wilson: the confidence level is 1')
  expect(() => wilsonInterval(0, 0)).toThrow('wilson: 0 successes of 0 trials')
  expect(() => momentsOf([1, Infinity])).toThrow('moments: the given sample holds a value that is not finite')
})
