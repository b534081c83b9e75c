import { checkCount, checkOpenShare } from '../stats/check.ts'
import type { Interval } from '../stats/intervals.ts'
import { meanOf, type Moments, varianceOf } from '../stats/moments.ts'
import type { Verdict } from './verdict.ts'

/** Before this many units the normal approximation behind the sequence is not to be trusted. */
const firstLook = 100

/** One unit of an experiment: a user, a session, a request. */
export interface Unit {
  readonly value: number
  readonly arm: 'canary' | 'baseline'
}

/**
 * Adds a unit's score to the running sums: its value over the probability of its arm, negative for the baseline.
 *
 * The mean of the scores estimates the canary's mean less the baseline's. Clip heavy-tailed values at a bound that was
 * set before the experiment.
 *
 * @param moments - running sums of the scores so far; not changed
 * @param canaryShare - probability that the unit was assigned to the canary, between 0 and 1
 * @returns the next running sums
 * @throws RangeError when the value is not finite or the share is outside (0, 1)
 */
export function addUnit(moments: Moments, { value, arm }: Unit, canaryShare: number): Moments {
  checkOpenShare('meanSequence', "canary's share of the units", canaryShare)
  if (!Number.isFinite(value)) {
    throw new RangeError(`meanSequence: a unit's value is ${value}; give a finite number, 0 for a missing outcome`)
  }
  const score = arm === 'canary' ? value / canaryShare : -value / (1 - canaryShare)
  return { count: moments.count + 1, sum: moments.sum + score, sumSquares: moments.sumSquares + score * score }
}

export interface MeanSequenceOptions {
  /** Chance that the true mean is ever outside, over all looks; between 0 and 1. */
  readonly alpha: number
  /** Number of units at which the sequence should be tightest, >= 1. */
  readonly tStar: number
}

/**
 * Asymptotic confidence sequence of a mean: an interval that may be looked at after every unit.
 *
 * At `tStar` it is about 1.55 times as wide as an interval for a fixed size.
 *
 * @param moments - running sums of the values
 * @returns the interval in the unit of the values, or null before 100 values or while all are equal
 * @throws RangeError when an option is outside its range
 * @see Waudby-Smith and others, Time-uniform central limit theory and asymptotic confidence sequences,
 *   arXiv 2103.06476, theorem 2.2
 */
export function meanSequence(moments: Moments, { alpha, tStar }: MeanSequenceOptions): Interval | null {
  checkOpenShare('meanSequence', 'error rate', alpha)
  checkCount('meanSequence', 'tStar', tStar)
  if (tStar === 0) throw new RangeError('meanSequence: tStar is 0; give the number of units you plan for')
  const t = moments.count
  const variance = t < firstLook ? 0 : varianceOf(moments)
  // Values that never differed say nothing about how far the next ones may lie: a rare event has not happened yet.
  if (variance === 0) return null
  const rho2 = (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / tStar
  const spread = t * rho2 + 1
  const reach = Math.sqrt(variance * ((2 * spread) / (t * t * rho2)) * Math.log(Math.sqrt(spread) / alpha))
  const mean = meanOf(moments)
  return { lower: mean - reach, upper: mean + reach }
}

export interface MeanQuestion {
  /** Chance of ever calling a canary worse that is not worse by more than the margin. */
  readonly alpha: number
  /** Chance of ever passing a canary that is worse by more than the margin. */
  readonly beta: number
  readonly tStar: number
  /** Tolerated worsening in the unit of the metric, >= 0. */
  readonly margin: number
  /** Which way is good: 'higher' for revenue, 'lower' for cost. */
  readonly better: 'higher' | 'lower'
}

/**
 * Verdict on a mean effect (canary less baseline), valid at every look.
 *
 * *Worse*: the whole sequence at α lies beyond the margin. *Not worse*: the whole sequence at β lies within it.
 *
 * @param effects - running sums from `addUnit`
 * @throws RangeError when an option is outside its range
 */
export function meanVerdict(effects: Moments, question: MeanQuestion): Verdict {
  const { alpha, beta, tStar, margin, better } = question
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(`meanVerdict: the margin is ${margin}; give the tolerated worsening, 0 or more`)
  }
  const strict = meanSequence(effects, { alpha, tStar })
  const lenient = meanSequence(effects, { alpha: beta, tStar })
  if (!strict || !lenient) return 'not_enough_data'
  const worse = better === 'higher' ? strict.upper < -margin : strict.lower > margin
  if (worse) return 'worse'
  const notWorse = better === 'higher' ? lenient.lower > -margin : lenient.upper < margin
  return notWorse ? 'not_worse' : 'not_enough_data'
}
