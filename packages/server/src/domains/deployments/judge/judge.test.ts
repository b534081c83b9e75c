import { type CanaryCheck, RolloutPlan } from '@evenkeel/contract'
import { addMoments, type Moments, momentsOf, noMoments, seededRandom } from '@evenkeel/numerics'
import { describe, expect, it } from 'vitest'
import { judge, type Judgement } from './judge.ts'
import { type ArmTotals, beginStep, type CanarySample, startJudging } from './judging.ts'
import { momentsWith, noEvidence, sampleOf } from './testing.ts'

const plan = RolloutPlan.parse({})
const passing = momentsWith(2000, -0.01, 0.1)

const once = (sample: CanarySample, changes: Partial<RolloutPlan> = {}) =>
  judge(startJudging(), sample, { ...plan, ...changes })
const check = ({ checks }: Judgement, name: CanaryCheck['name']) => checks.find((one) => one.name === name)!

describe('numbers of the reference', () => {
  // Reference table, "worse": E for (canary events, all events) at equal shares.
  it.each([
    { canary: 10, all: 10, evidence: 92.3218 },
    { canary: 8, all: 10, evidence: 3.9019 },
    { canary: 30, all: 40, evidence: 56.9468 },
    { canary: 20, all: 40, evidence: 0.3251 },
    { canary: 100, all: 200, evidence: 0.1575 },
  ])('$canary of $all errors on the canary are evidence of $evidence', ({ canary, all, evidence }) => {
    const seen = once(sampleOf([1000, canary], [1000, all - canary]))

    expect(check(seen, 'errors').evidence).toBeCloseTo(evidence, 4)
  })

  it('gathers the same evidence in many looks as in one', () => {
    const halfway = once(sampleOf([500, 12, 3], [500, 6, 9]))
    const twice = judge(halfway.judging, sampleOf([1000, 30, 7], [1000, 10, 20]), plan)
    const atOnce = once(sampleOf([1000, 30, 7], [1000, 10, 20]))

    expect(check(twice, 'errors').evidence).toBeCloseTo(check(atOnce, 'errors').evidence!, 9)
    expect(check(twice, 'latency').evidence).toBeCloseTo(check(atOnce, 'latency').evidence!, 9)
  })

  it('counts nothing twice when an older sample is judged after a newer one', () => {
    const newer = once(sampleOf([1000, 30, 7], [1000, 10, 20]))
    const older = judge(newer.judging, sampleOf([500, 12, 3], [500, 6, 9]), plan)
    const again = judge(older.judging, sampleOf([1000, 30, 7], [1000, 10, 20]), plan)

    expect(again.checks.map(({ evidence }) => evidence)).toEqual(newer.checks.map(({ evidence }) => evidence))
  })

  // Reference: at β = 0.05 and a ceiling of 1 % it takes 398 clean requests; the check spends β / 2.
  it.each([
    { requests: 397, verdict: 'not_enough_data' },
    { requests: 398, verdict: 'not_worse' },
  ])('$requests clean requests are $verdict', ({ requests, verdict }) => {
    const seen = once(sampleOf([requests], [requests]), { beta: 0.1, ceilingShare: 0.01 })

    expect(check(seen, 'errors').verdict).toBe(verdict)
  })

  it('estimates before the first request how many it takes', () => {
    const seen = once(sampleOf([0], [0]), { beta: 0.1, ceilingShare: 0.01 })

    expect(check(seen, 'errors').says).toBe('errors: not enough data yet: 0 of about 400 requests')
  })
})

describe('quality', () => {
  const quality = (paired: Moments) => check(once(sampleOf([400], [400], { paired })), 'quality')

  it('is worse when the whole interval is above 0', () => {
    expect(quality(momentsWith(2000, 0.05, 0.2))).toMatchObject({ verdict: 'worse', difference: 0.05 })
  })

  it('is not worse when the interval ends below the margin, even if it lies above 0', () => {
    const seen = quality(momentsWith(200_000, 0.003, 0.1))

    expect(seen.verdict).toBe('not_worse')
    expect(seen.interval!.low).toBeGreaterThan(0)
  })

  it('says how many labels it takes, and decides there', () => {
    const early = quality(momentsWith(300, 0.001, 0.1))
    const needed = Number(/of about ([\d,]+)/.exec(early.says)![1]!.replaceAll(',', ''))

    expect(early.verdict).toBe('not_enough_data')
    expect(quality(momentsWith(Math.round(needed * 0.9), 0.001, 0.1)).verdict).toBe('not_enough_data')
    expect(quality(momentsWith(Math.round(needed * 1.1), 0.001, 0.1)).verdict).toBe('not_worse')
  })

  /*
   * python3 -c "
   * from math import *
   * t, m, s, a, ts = 2000, -0.01, 0.1, 0.05, 1000
   * r2 = (-2*log(a) + log(-2*log(a) + 1)) / ts
   * w = s * sqrt(2*(t*r2 + 1) / (t*t*r2) * log(sqrt(t*r2 + 1) / a))
   * print(m - w, m + w)"
   */
  it('shows the confidence sequence at β', () => {
    const { interval } = quality(passing)

    expect(interval!.low).toBeCloseTo(-0.016845671172954546, 12)
    expect(interval!.high).toBeCloseTo(-0.0031543288270454543, 12)
  })

  it('passes the same model twice, which never differs', () => {
    expect(quality({ count: 999, sum: 0, sumSquares: 0 }).verdict).toBe('not_enough_data')
    expect(quality({ count: 1000, sum: 0, sumSquares: 0 }).verdict).toBe('not_worse')
  })

  it('does not hold up an endpoint that records nothing', () => {
    const { checks, verdict } = once({ ...sampleOf([400], [400]), recorded: false })

    expect(checks.find(({ name }) => name === 'quality')).toMatchObject({ decides: false })
    expect(verdict.does).toBe('promote')
  })
})

describe('the verdict', () => {
  it('promotes when every deciding check passes and the step has enough predictions', () => {
    expect(once(sampleOf([400], [400], { paired: passing })).verdict.does).toBe('promote')
  })

  it('waits for the predictions of a step, counted from its beginning', () => {
    const first = once(sampleOf([400], [400], { paired: passing }))
    const second = judge(beginStep(first.judging), sampleOf([600], [600], { paired: passing }), plan)

    expect(second.verdict).toEqual({
      does: 'wait',
      says: 'all checks pass; 200 of at least 300 predictions in this step',
    })
    expect(judge(second.judging, sampleOf([700], [700], { paired: passing }), plan).verdict.does).toBe('promote')
  })

  it('rolls back at once beyond the hard guard, before any statistics', () => {
    expect(once(sampleOf([19, 10], [19])).verdict.does).not.toBe('roll_back')
    expect(once(sampleOf([20, 11], [20])).verdict).toEqual({
      does: 'roll_back',
      says: "55 % of the canary's 20 requests failed, more than the limit of 50 %",
    })
  })

  it('rolls back a canary that is worse after it had passed', () => {
    const passed = once(sampleOf([400], [400], { paired: passing }))
    const later = judge(beginStep(passed.judging), sampleOf([800, 40], [800, 1], { paired: passing }), plan)

    expect(check(passed, 'errors').verdict).toBe('not_worse')
    expect(later.verdict.does).toBe('roll_back')
    expect(later.verdict.says).toContain('errors worse: 5 % of 800 requests failed, 0.125 % of 800 requests')
  })

  it('pauses when the split is broken, and concludes nothing from the arms', () => {
    const units = { primary: 0, canary: 700, baseline: 300 }
    const { verdict } = once(sampleOf([1000, 30], [1000, 1], { units }))

    expect(verdict.does).toBe('pause')
    expect(verdict.says).toContain('700 predictions on the canary, 300 on the baseline')
  })

  it.each([
    { until: '2001-04-21T23:00:00Z', does: 'wait' },
    { until: '2001-04-22T00:00:00Z', does: 'pause' },
  ])('undecided until $until of event time: $does', ({ until, does }) => {
    const times = { eventTimeMin: '2001-04-01T00:00:00Z', eventTimeMax: until }

    expect(once(sampleOf([400], [400], times)).verdict.does).toBe(does)
  })

  it('is never moved by the scores, which are a dry run', () => {
    const scores = { canary: [0, 1000], baseline: [1000, 0] }
    const seen = once(sampleOf([1000], [1000], { paired: passing, scores }))

    expect(check(seen, 'scores')).toMatchObject({ decides: false, verdict: 'worse', difference: 1 })
    expect(seen.verdict.does).toBe('promote')
  })

  it('survives the way through a database column', () => {
    const first = once(sampleOf([400, 3, 2], [400, 1, 5], { paired: passing }))
    const restored = JSON.parse(JSON.stringify(first.judging)) as typeof first.judging
    const next = sampleOf([900, 9, 3], [900, 2, 8], { paired: passing })

    expect(judge(restored, next, plan)).toEqual(judge(first.judging, next, plan))
  })
})

/** What becomes of a simulated canary that is looked at every 100 requests, in one step. */
function simulate(
  random: () => number,
  canary: Rates,
  baseline: Rates,
  worsening: number,
): { does: string; looks: number } {
  let judging = startJudging()
  let [c, b]: ArmTotals[] = [noRequests, noRequests]
  let paired = noMoments
  for (let looks = 1; looks <= 60; looks++) {
    c = serve(random, c!, canary)
    b = serve(random, b!, baseline)
    paired = addMoments(paired, momentsOf(Float64Array.from({ length: 200 }, () => worsening + 0.2 * gauss(random))))
    const units = { primary: 0, canary: c.requests, baseline: b.requests }
    const judgement = judge(
      judging,
      { arms: { canary: c, baseline: b }, evidence: { ...noEvidence, units, paired }, recorded: true },
      plan,
    )
    if (judgement.verdict.does !== 'wait') return { does: judgement.verdict.does, looks }
    judging = judgement.judging
  }
  return { does: 'wait', looks: 60 }
}

interface Rates {
  readonly error: number
  readonly slow: number
}

const noRequests: ArmTotals = { requests: 0, errors: 0, slow: 0 }

function serve(random: () => number, arm: ArmTotals, { error, slow }: Rates): ArmTotals {
  const hits = (rate: number) => Array.from({ length: 100 }, random).filter((u) => u < rate).length
  return { requests: arm.requests + 100, errors: arm.errors + hits(error), slow: arm.slow + hits(slow) }
}

const gauss = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

describe('simulated', () => {
  const normal = { error: 0.005, slow: 0.01 }
  const runs = (count: number, canary: Rates, worsening: number) => {
    const random = seededRandom(7)
    return Array.from({ length: count }, () => simulate(random, canary, normal, worsening))
  }
  const shareOf = (outcomes: readonly { does: string }[], does: string) =>
    outcomes.filter((outcome) => outcome.does === does).length / outcomes.length

  it('A against A is rolled back less often than α, and is promoted', () => {
    const outcomes = runs(400, normal, 0)

    // α is 1 %; of 400 honest runs, more than 10 roll-backs would happen once in 300 suites at most.
    expect(shareOf(outcomes, 'roll_back')).toBeLessThanOrEqual(10 / 400)
    expect(shareOf(outcomes, 'promote')).toBeGreaterThan(0.8)
  })

  it.each([
    { name: 'five times the errors', canary: { error: 0.025, slow: 0.01 }, worsening: 0 },
    { name: 'four times the slow requests', canary: { error: 0.005, slow: 0.04 }, worsening: 0 },
    { name: 'a log loss that is 0.05 higher', canary: normal, worsening: 0.05 },
  ])('$name are found and rolled back', ({ canary, worsening }) => {
    const outcomes = runs(60, canary, worsening)

    expect(shareOf(outcomes, 'roll_back')).toBeGreaterThanOrEqual(0.95)
  })
})
