import type { CanaryCheck, RolloutPlan, Verdict } from '@evenkeel/contract'
import { type Interval, meanOf, meanSequence, type Moments } from '@evenkeel/numerics'
import { about, count, signed } from '../words.ts'
import type { CanarySample } from './judging.ts'

/** Number of labelled predictions at which the confidence sequence is tightest. */
const tStar = 1000
/** The confidence sequence starts here; below, the normal law behind it cannot be trusted. */
const firstLook = 100

/**
 * Whether the candidate predicts worse than the champion, by log loss on the same labelled predictions.
 *
 * *Not worse* when the mean difference is below the margin with confidence 1 − β; this is asked first, because a loss
 * within the margin is allowed. *Worse* when it is above 0 with confidence 1 − `worseAlpha`, so a candidate that is as
 * good as the champion or better is refused with probability `worseAlpha` at most.
 */
export function qualityCheck(
  { evidence: { paired }, recorded }: CanarySample,
  plan: RolloutPlan,
  worseAlpha: number,
): CanaryCheck {
  const { verdict, interval } = compare(paired, plan, worseAlpha)
  const labelled = `${count(paired.count)} labelled predictions`
  const mean = paired.count > 0 ? meanOf(paired) : null
  return {
    name: 'quality',
    decides: recorded,
    verdict,
    canary: mean === null ? 'no labels yet' : `${signed(mean)} nats against the champion`,
    baseline: `${labelled}, scored by both`,
    difference: mean,
    interval: interval && { low: interval.lower, high: interval.upper },
    evidence: null,
    needed: null,
    unitCount: paired.count,
    says: recorded ? words() : 'quality is not compared, because predictions are not recorded',
  }

  function words(): string {
    if (mean === null || verdict === 'not_enough_data') {
      return `quality: not enough data yet: ${count(paired.count)} of ${unitsNeeded(paired, plan, worseAlpha)} labelled predictions`
    }
    const range = interval ? ` (${signed(interval.lower)} … ${signed(interval.upper)})` : ''
    return `quality ${verdict === 'worse' ? 'worse' : 'not worse'}: log loss ${signed(mean)} nats${range} on ${labelled}`
  }
}

interface Comparison {
  readonly verdict: Verdict
  readonly interval: Interval | null
}

function compare(paired: Moments, { beta, qualityMargin }: RolloutPlan, worseAlpha: number): Comparison {
  if (isIdentical(paired)) return { verdict: 'not_worse', interval: { lower: 0, upper: 0 } }
  const lenient = meanSequence(paired, { alpha: beta, tStar })
  const strict = meanSequence(paired, { alpha: worseAlpha, tStar })
  if (lenient && lenient.upper < qualityMargin) return { verdict: 'not_worse', interval: lenient }
  if (strict && strict.lower > 0) return { verdict: 'worse', interval: strict }
  return { verdict: 'not_enough_data', interval: lenient }
}

/** The same loss on every prediction: the same model, so the sequence would wait for a spread that never comes. */
const isIdentical = ({ count: n, sumSquares }: Moments) => n >= tStar && sumSquares === 0

/** In words, how many units a verdict takes if mean and spread stay as they are. */
function unitsNeeded(paired: Moments, plan: RolloutPlan, worseAlpha: number): string {
  if (paired.count >= 2) {
    for (let factor = 1; factor * paired.count < 1e7; factor *= 1.05) {
      const more = { count: paired.count * factor, sum: paired.sum * factor, sumSquares: paired.sumSquares * factor }
      if (compare(more, plan, worseAlpha).verdict !== 'not_enough_data') return about(more.count)
    }
  }
  return `at least ${firstLook}`
}
