import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { alwaysValidP, evidence, isDecided, logEvidence } from './evidence.ts'
import { splitP, startRateTest, startSplitTest, updateNotWorse, updateSplit, updateWorse } from './rate-test.ts'

// Mixture likelihood ratios worked out from the definition, event by event.
it.each([
  { k: 10, n: 10, s: 0.5, e: 92.3218 },
  { k: 8, n: 10, s: 0.5, e: 3.9019 },
  { k: 30, n: 40, s: 0.5, e: 56.9468 },
  { k: 20, n: 40, s: 0.5, e: 0.3251 },
  { k: 100, n: 200, s: 0.5, e: 0.1575 },
  { k: 5, n: 20, s: 0.1, e: 3.02 },
])('weighs $k canary events of $n at share $s', ({ k, n, s, e }) => {
  const state = updateWorse(startRateTest(), { canaryEvents: k, baselineEvents: n - k, canaryShare: s })

  expect(evidence(state)).toBeCloseTo(e, 4)
})

it('weighs equal arms as evidence for not worse', () => {
  const batch = { canaryEvents: 100, baselineEvents: 100, canaryShare: 0.5 }

  expect(evidence(updateNotWorse(startRateTest(), batch, 0.5))).toBeCloseTo(14.0099, 4)
})

it('adds up batches under different splits, and leaves earlier states alone', () => {
  const start = startRateTest()
  const first = updateWorse(start, { canaryEvents: 3, baselineEvents: 4, canaryShare: 0.1 })
  const both = updateWorse(first, { canaryEvents: 5, baselineEvents: 0, canaryShare: 0.5 })
  const other = updateWorse(start, { canaryEvents: 5, baselineEvents: 0, canaryShare: 0.5 })

  both.logScores.forEach((score, i) => expect(score).toBeCloseTo(first.logScores[i]! + other.logScores[i]!, 12))
  expect(start).toEqual(startRateTest())
})

it('keeps the best p-value and a decision once made', () => {
  const strong = updateWorse(startRateTest(), { canaryEvents: 10, baselineEvents: 0, canaryShare: 0.5 })
  const faded = updateWorse(strong, { canaryEvents: 0, baselineEvents: 50, canaryShare: 0.5 })

  expect(alwaysValidP(startRateTest())).toBe(1)
  expect(alwaysValidP(strong)).toBeCloseTo(1 / 92.3218, 6)
  expect(logEvidence(faded)).toBeLessThan(0)
  expect(alwaysValidP(faded)).toBe(alwaysValidP(strong))
  expect(isDecided(faded, 0.02)).toBe(true)
  expect(isDecided(faded, 0.01)).toBe(false)
})

it('survives storage as JSON and evidence beyond the largest number', () => {
  const state = updateWorse(startRateTest(), { canaryEvents: 100_000, baselineEvents: 1, canaryShare: 0.5 })

  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  expect(logEvidence(state)).toBeGreaterThan(50_000)
  expect(alwaysValidP(state)).toBe(0)
})

it('refuses counts that are not whole, a share of 1 and a negative margin', () => {
  const good = { canaryEvents: 1, baselineEvents: 1, canaryShare: 0.5 }

  expect(() => updateWorse(startRateTest(), { ...good, canaryEvents: 0.5 })).toThrow('the canary count is 0.5')
  expect(() => updateWorse(startRateTest(), { ...good, canaryShare: 1 })).toThrow("canary's share of the traffic is 1")
  expect(() => updateNotWorse(startRateTest(), good, -0.1)).toThrow('rateTest: the margin is -0.1')
  expect(() => updateWorse({ logScores: [0], peakLogEvidence: 0 }, good)).toThrow('1 scores but 7 alternatives')
  expect(() => isDecided(startRateTest(), 0)).toThrow('evidence: the error rate is 0')
})

describe('the split of requests', () => {
  it('fires in either direction, and not on the configured share', () => {
    const after = (canaryRequests: number, baselineRequests: number) =>
      splitP(updateSplit(startSplitTest(), { canaryRequests, baselineRequests, canaryShare: 0.1 }))

    expect(after(1300, 8700)).toBeLessThan(1e-6)
    expect(after(700, 9300)).toBeLessThan(1e-6)
    expect(after(1000, 9000)).toBe(1)
  })

  it('mirrors when the arms change places', () => {
    const batch = { canaryRequests: 5600, baselineRequests: 4400, canaryShare: 0.5 }
    const swapped = { canaryRequests: 4400, baselineRequests: 5600, canaryShare: 0.5 }

    expect(splitP(updateSplit(startSplitTest(), batch)) / splitP(updateSplit(startSplitTest(), swapped))).toBeCloseTo(
      1,
      9,
    )
  })
})

// A look after every event; seeded, so the shares are the same in every run.
describe('in simulation', () => {
  it('calls an equal canary worse in at most 1 % of rollouts at α = 0.01', () => {
    const stops = rollouts(2500, { ratio: 1, events: 800, alpha: 0.01, share: () => 0.5 })

    expect(shareStopped(stops)).toBeLessThanOrEqual(0.01)
  })

  it('stays under α = 0.05 while traffic climbs from 1 to 50 %', () => {
    const steps = [0.01, 0.05, 0.25, 0.5]
    const share = (event: number) => steps[Math.floor(event / 300)]!

    expect(shareStopped(rollouts(800, { ratio: 1, events: 1200, alpha: 0.05, share }))).toBeLessThanOrEqual(0.05)
  })

  it('passes a canary on its margin in at most 5 % of rollouts at β = 0.05', () => {
    const stops = rollouts(800, { ratio: 1.5, events: 1000, alpha: 0.05, margin: 0.5, share: () => 0.5 })

    expect(shareStopped(stops)).toBeLessThanOrEqual(0.05)
  })

  // Published median and 90th percentile of the events needed; a tenth is left to chance.
  it.each([
    { name: 'finds a doubled rate, equal arms', ratio: 2, alpha: 0.01, share: 0.5, median: 91, most: 184 },
    { name: 'finds a doubled rate, a tenth of the traffic', ratio: 2, alpha: 0.01, share: 0.1, median: 170, most: 353 },
    { name: 'passes equal arms', ratio: 1, alpha: 0.05, margin: 0.5, share: 0.5, median: 165, most: 372 },
  ])('$name: $median events, rarely $most', ({ share, median, most, ...rollout }) => {
    const stops = rollouts(1000, { ...rollout, events: 3000, share: () => share }).toSorted((a, b) => a - b)

    expect(shareStopped(stops)).toBeGreaterThan(0.99)
    expect(Math.abs(stops[500]! / median - 1)).toBeLessThan(0.1)
    expect(Math.abs(stops[900]! / most - 1)).toBeLessThan(0.1)
  })
})

interface Rollout {
  readonly ratio: number
  readonly events: number
  readonly alpha: number
  /** Given for the *not worse* question. */
  readonly margin?: number
  readonly share: (event: number) => number
}

/** Number of events after which each rollout was decided; infinite when it never was. */
function rollouts(count: number, { ratio, events, alpha, margin, share }: Rollout): number[] {
  const random = seededRandom(20_261_121)
  return Array.from({ length: count }, () => {
    let state = startRateTest()
    for (let event = 0; event < events; event++) {
      const s = share(event)
      const canaryEvents = Number(random() < (s * ratio) / (s * ratio + 1 - s))
      const batch = { canaryEvents, baselineEvents: 1 - canaryEvents, canaryShare: s }
      state = margin === undefined ? updateWorse(state, batch) : updateNotWorse(state, batch, margin)
      if (isDecided(state, alpha)) return event + 1
    }
    return Infinity
  })
}

function shareStopped(stops: readonly number[]): number {
  return stops.filter(Number.isFinite).length / stops.length
}
