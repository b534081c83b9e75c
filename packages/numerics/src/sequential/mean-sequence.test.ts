import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { normalQuantile } from '../stats/distributions.ts'
import { type Moments, noMoments } from '../stats/moments.ts'
import { addUnit, meanSequence, meanVerdict } from './mean-sequence.ts'

// The formula of theorem 2.2, in Python
it.each([
  {
    sums: { count: 1000, sum: 200, sumSquares: 500 },
    alpha: 0.05,
    tStar: 1000,
    lower: 0.13490201951657807,
    upper: 0.2650979804834219,
  },
  {
    sums: { count: 250, sum: 100, sumSquares: 300 },
    alpha: 0.01,
    tStar: 2000,
    lower: 0.13320335758342028,
    upper: 0.6667966424165798,
  },
])('bounds the mean of $sums.count values at α = $alpha', ({ sums, alpha, tStar, lower, upper }) => {
  const interval = meanSequence(sums, { alpha, tStar })!

  expect(interval.lower).toBeCloseTo(lower, 12)
  expect(interval.upper).toBeCloseTo(upper, 12)
})

it('is 1.55 times as wide at t* as an interval that may be looked at once', () => {
  const { upper } = meanSequence({ count: 1000, sum: 0, sumSquares: 1000 }, { alpha: 0.05, tStar: 1000 })!

  expect(upper / (normalQuantile(0.975) / Math.sqrt(1000))).toBeCloseTo(1.55, 2)
})

it('says nothing before 100 values', () => {
  const options = { alpha: 0.05, tStar: 1000 }

  expect(meanSequence({ count: 99, sum: 0, sumSquares: 99 }, options)).toBeNull()
  expect(meanSequence({ count: 100, sum: 0, sumSquares: 100 }, options)).not.toBeNull()
})

it('says nothing while all values are equal: a rare outcome may still come', () => {
  expect(meanSequence({ count: 500, sum: 0, sumSquares: 0 }, { alpha: 0.05, tStar: 1000 })).toBeNull()
})

it('scores a unit by the probability of its arm', () => {
  const once = addUnit(noMoments, { value: 2, arm: 'canary' }, 0.25)
  const twice = addUnit(once, { value: 3, arm: 'baseline' }, 0.25)

  expect(twice).toEqual({ count: 2, sum: 8 - 4, sumSquares: 64 + 16 })
  expect(noMoments.count).toBe(0)
})

it('refuses a value that is missing, a share of 0 and a plan for no units', () => {
  expect(() => addUnit(noMoments, { value: Number.NaN, arm: 'canary' }, 0.5)).toThrow("a unit's value is NaN")
  expect(() => addUnit(noMoments, { value: 1, arm: 'canary' }, 0)).toThrow("canary's share of the units is 0")
  expect(() => meanSequence(noMoments, { alpha: 0.05, tStar: 0 })).toThrow('meanSequence: tStar is 0')
})

describe('verdict', () => {
  const question = { alpha: 0.01, beta: 0.05, tStar: 2000, margin: 0.2, better: 'higher' } as const
  // Mean −1, 0 or 1 with variance 1 over 2000 units: the sequence reaches about 0.08 to either side.
  const effects = (mean: number): Moments => ({ count: 2000, sum: 2000 * mean, sumSquares: 2000 * (1 + mean * mean) })

  it.each([
    { mean: -1, better: 'higher', verdict: 'worse' },
    { mean: -1, better: 'lower', verdict: 'not_worse' },
    { mean: 0, better: 'higher', verdict: 'not_worse' },
    { mean: 0, better: 'lower', verdict: 'not_worse' },
    { mean: 1, better: 'lower', verdict: 'worse' },
    { mean: 0.2, better: 'lower', verdict: 'not_enough_data' },
    { mean: -0.2, better: 'higher', verdict: 'not_enough_data' },
  ] as const)('on an effect of $mean where $better is better: $verdict', ({ mean, better, verdict }) => {
    expect(meanVerdict(effects(mean), { ...question, better })).toBe(verdict)
  })

  it('waits for 100 units and refuses a negative margin', () => {
    expect(meanVerdict({ count: 50, sum: -500, sumSquares: 5000 }, question)).toBe('not_enough_data')
    expect(() => meanVerdict(noMoments, { ...question, margin: -1 })).toThrow('meanVerdict: the margin is -1')
  })
})

it('misses a true effect of 0 in at most α of experiments, with a look after every unit', () => {
  const random = seededRandom(17)
  const missed = Array.from({ length: 500 }, () => {
    let sums = noMoments
    for (let unit = 0; unit < 3000; unit++) {
      const arm = random() < 0.5 ? 'canary' : 'baseline'
      sums = addUnit(sums, { value: -Math.log(1 - random()), arm }, 0.5)
      const interval = meanSequence(sums, { alpha: 0.05, tStar: 1000 })
      if (interval && (interval.lower > 0 || interval.upper < 0)) return true
    }
    return false
  })

  expect(missed.filter(Boolean).length / missed.length).toBeLessThanOrEqual(0.05)
})
