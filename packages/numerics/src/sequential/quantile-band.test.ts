import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { binCounts } from '../stats/histogram.ts'
import { compareQuantiles, distributionBand, quantileBand } from './quantile-band.ts'

// sqrt(log(4 k (k + 1) / alpha) / (2 n))
it.each([
  { count: 1000, look: 1, band: 0.050374466822160145 },
  { count: 1000, look: 10, band: 0.06738882325900304 },
  { count: 20_000, look: 1, band: 0.01126407321446579 },
  { count: 20_000, look: 10, band: 0.015068598973084973 },
])('bands a distribution of $count values at look $look', ({ count, look, band }) => {
  expect(distributionBand(count, 0.05, look)).toBeCloseTo(band, 12)
})

it('bounds a quantile by the outer edges of the buckets it can lie in', () => {
  const histogram = { edges: [0, 10, 20, 50, Infinity], counts: [20, 50, 20, 10] }

  expect(quantileBand(histogram, 0.5, 0.1)).toEqual({ lower: 10, upper: 20 })
  expect(quantileBand(histogram, 0.5, 0.3)).toEqual({ lower: 0, upper: 50 })
  expect(quantileBand(histogram, 0.95, 0.04)).toEqual({ lower: 50, upper: Infinity })
  expect(quantileBand(histogram, 0.5, 0.6)).toEqual({ lower: -Infinity, upper: Infinity })
})

it('refuses a histogram that does not fit and a quantile of 1', () => {
  expect(() => quantileBand({ edges: [0, 1], counts: [1, 2] }, 0.5, 0.1)).toThrow('2 edges but 2 counts')
  expect(() => quantileBand({ edges: [0, 1], counts: [1] }, 1, 0.1)).toThrow('quantileBand: the quantile is 1')
  expect(() => distributionBand(0, 0.05, 1)).toThrow('distributionBand: 0 values at look 1')
})

describe('comparison of latencies', () => {
  const edges = Float64Array.from({ length: 80 }, (_, i) => (i === 0 ? 0 : 1.1 ** i))
  const rules = { quantile: 0.5, margin: 0.2, alpha: 0.01, beta: 0.05 }

  it('calls a canary worse, not worse, or waits', () => {
    const random = seededRandom(3)
    const baseline = latencies(random, 5000, 100)

    const answer = (count: number, mean: number) =>
      compareQuantiles({ ...rules, canary: latencies(random, count, mean), baseline, look: 1 }).verdict

    expect(answer(5000, 200)).toBe('worse')
    expect(answer(5000, 60)).toBe('not_worse')
    expect(answer(5000, 120)).toBe('not_enough_data')
    expect(answer(20, 200)).toBe('not_enough_data')
  })

  it('waits while an arm is empty', () => {
    const empty = { edges, counts: new Float64Array(79) }
    const answer = compareQuantiles({ ...rules, canary: empty, baseline: empty, look: 1 })

    expect(answer).toMatchObject({ verdict: 'not_enough_data', canary: { lower: -Infinity, upper: Infinity } })
  })

  it('never calls arms worse that fill one wide bucket', () => {
    const one = { edges: [0, 1000, Infinity], counts: [1e6, 0] }

    expect(compareQuantiles({ ...rules, canary: one, baseline: one, look: 1 }).verdict).toBe('not_enough_data')
  })

  it('calls an equal canary worse in at most α of rollouts, with ten looks each and no margin', () => {
    const random = seededRandom(11)
    let alarms = 0
    for (let rollout = 0; rollout < 100; rollout++) {
      let canary = new Float64Array(79)
      let baseline = new Float64Array(79)
      const verdicts = Array.from({ length: 10 }, (_, i) => {
        canary = canary.map(plus(latencies(random, 100, 100).counts))
        baseline = baseline.map(plus(latencies(random, 100, 100).counts))
        const arms = { canary: { edges, counts: canary }, baseline: { edges, counts: baseline } }
        return compareQuantiles({ ...rules, ...arms, margin: 0, look: i + 1 }).verdict
      })
      alarms += Number(verdicts.includes('worse'))
    }

    expect(alarms / 100).toBeLessThanOrEqual(0.01)
  })

  it('refuses a negative margin', () => {
    const arm = { edges: [0, 1], counts: [1] }

    expect(() => compareQuantiles({ ...rules, margin: -1, canary: arm, baseline: arm, look: 1 })).toThrow(
      'compareQuantiles: the margin is -1',
    )
  })

  function latencies(random: () => number, count: number, meanMs: number) {
    const values = Float64Array.from({ length: count }, () => -meanMs * Math.log(1 - random()))
    return { edges, counts: binCounts(values, edges) }
  }

  function plus(counts: Float64Array): (count: number, bucket: number) => number {
    return (count, bucket) => count + counts[bucket]!
  }
})
