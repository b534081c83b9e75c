import type { CanaryCheck, RolloutPlan } from '@evenkeel/contract'
import { distributionBand, kolmogorovSmirnovOfCounts, splitP } from '@evenkeel/numerics'
import { count, percent } from '../words.ts'
import type { CanarySample, Judging } from './judging.ts'

/** A gap between two score distributions, as a share of predictions, that does not matter. */
const tolerableGap = 0.1

const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0)

/**
 * Whether both arms give the same scores: the widest gap between their distributions, with a band that holds at every
 * look. Shown and never deciding, since a better model gives other scores.
 */
export function scoreCheck({ looks }: Judging, sample: CanarySample, { alpha }: RolloutPlan): CanaryCheck {
  const { canary, baseline } = sample.evidence.scores
  const [n, m] = [total(canary), total(baseline)]
  const base = {
    name: 'scores',
    decides: false,
    canary: `${count(n)} scores`,
    baseline: `${count(m)} scores`,
    evidence: null,
    needed: tolerableGap,
    unitCount: n,
  } as const
  if (n === 0 || m === 0) {
    const says = 'scores: not enough data yet: one arm has none'
    return { ...base, verdict: 'not_enough_data', difference: null, interval: null, says }
  }
  const gap = kolmogorovSmirnovOfCounts(baseline, canary)
  const reach = distributionBand(n, alpha, looks) + distributionBand(m, alpha, looks)
  const interval = { low: Math.max(0, gap - reach), high: Math.min(1, gap + reach) }
  const says = `scores: at most ${percent(gap)} of the predictions moved to another score`
  const verdict = interval.low > 0 ? 'worse' : interval.high < tolerableGap ? 'not_worse' : 'not_enough_data'
  return { ...base, verdict, difference: gap, interval, says }
}

/**
 * Whether predictions reach both arms as configured, one half each. When they do not, routing or recording is broken,
 * and nothing else that the arms show can be trusted. Counted in recorded predictions, because these are what is
 * assigned to an arm.
 */
export function splitCheck({ split }: Judging, sample: CanarySample, { alpha }: RolloutPlan): CanaryCheck {
  const { canary, baseline } = sample.evidence.units
  const units = canary + baseline
  const p = splitP(split)
  const shares = `${count(canary)} predictions on the canary, ${count(baseline)} on the baseline`
  const isBroken = p <= alpha
  return {
    name: 'split',
    decides: true,
    verdict: isBroken ? 'worse' : units > 0 ? 'not_worse' : 'not_enough_data',
    canary: count(canary),
    baseline: count(baseline),
    difference: units > 0 ? canary / units - 0.5 : null,
    interval: null,
    evidence: Math.min(1 / p, Number.MAX_VALUE),
    needed: 1 / alpha,
    unitCount: units,
    says: isBroken ? `the split is not as configured: ${shares}` : `split as configured: ${shares}`,
  }
}
