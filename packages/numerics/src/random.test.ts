import { expect, it } from 'vitest'
import { seededRandom } from './random.ts'

// The reference C code of xoshiro128** 1.1 (prng.di.unimi.it), filled by four splitmix32 outputs; two words per number.
it.each([
  { seed: 0, numbers: [0.8868539502021594, 0.012474988946590604, 0.032522145755498943] },
  { seed: 42, numbers: [0.66061572080016207, 0.11170196395322241, 0.079105645614491404] },
  { seed: 4294967295, numbers: [0.19461841469507213, 0.54859672813912874, 0.2282790634437124] },
])('follows the published generator from seed $seed', ({ seed, numbers }) => {
  const random = seededRandom(seed)

  expect([random(), random(), random()]).toEqual(numbers)
})

it('fills [0, 1) evenly', () => {
  const random = seededRandom(7)
  const counts = new Float64Array(10)

  for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]!++

  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  // scipy.stats.chi2.isf(0.001, 9)
  expect(chiSquare).toBeLessThan(27.877)
})

it('refuses a seed that is not a whole number', () => {
  expect(() => seededRandom(0.5)).toThrow('random: the seed is 0.5; give a whole number')
})
