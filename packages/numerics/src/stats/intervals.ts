import { checkCount, checkOpenShare } from './check.ts'
import { normalQuantile } from './distributions.ts'
import { meanOf, type Moments, varianceOf } from './moments.ts'

export interface Interval {
  readonly lower: number
  readonly upper: number
}

/**
 * Two-sided normal interval around an estimate.
 *
 * @param standardError - in the unit of the estimate, >= 0
 * @param level - confidence, between 0 and 1
 * @throws RangeError when the level is outside (0, 1)
 */
export function normalInterval(estimate: number, standardError: number, level = 0.95): Interval {
  checkOpenShare('interval', 'confidence level', level)
  const reach = normalQuantile((1 + level) / 2) * standardError
  return { lower: estimate - reach, upper: estimate + reach }
}

/**
 * Normal interval of a mean, from running sums; for a look that was planned, at a size that was fixed.
 *
 * @param moments - at least two values
 * @param level - confidence, between 0 and 1
 * @returns interval in the unit of the values
 * @throws RangeError when there are fewer than two values or the level is outside (0, 1)
 */
export function meanInterval(moments: Moments, level = 0.95): Interval {
  return normalInterval(meanOf(moments), Math.sqrt(varianceOf(moments, 1) / moments.count), level)
}

/**
 * Wilson score interval of a share: sound for few trials and for shares near 0 and 1.
 *
 * @param successes - whole number from 0 to `trials`
 * @param trials - whole number, >= 1
 * @param level - confidence, between 0 and 1
 * @returns interval inside [0, 1]
 * @throws RangeError when the counts or the level are outside their ranges
 * @see Wilson, Probable inference, the law of succession, and statistical inference (1927)
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  checkProportion('wilson', { successes, trials })
  checkOpenShare('wilson', 'confidence level', level)
  const z = normalQuantile((1 + level) / 2)
  const share = successes / trials
  const scale = 1 + (z * z) / trials
  const centre = (share + (z * z) / (2 * trials)) / scale
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))
  return { lower: successes === 0 ? 0 : centre - reach, upper: successes === trials ? 1 : centre + reach }
}

/** Successes among trials; both whole, `trials` >= 1. */
export interface Proportion {
  readonly successes: number
  readonly trials: number
}

/** Refuses successes that are not among trials, and no trials at all. */
export function checkProportion(measure: string, { successes, trials }: Proportion): void {
  checkCount(measure, 'the number of successes', successes)
  checkCount(measure, 'the number of trials', trials)
  if (trials >= 1 && successes <= trials) return
  throw new RangeError(
    `${measure}: ${successes} successes of ${trials} trials; give at least one trial and no more successes`,
  )
}
