import type { Column } from './check.ts'
import { twoSidedP } from './distributions.ts'
import { type Interval, normalInterval } from './intervals.ts'
import { splitByLabel } from './labels.ts'
import { meanAndDeviation } from './moments.ts'

/**
 * Area under the ROC curve: how often a positive row scores above a negative one, a tie counting half.
 *
 * O(n log n) time; three copies of the scores.
 *
 * @param labels - 1 for the positive class, 0 for the other; both must occur
 * @param scores - finite scores, one per label, higher for more likely positive; left as they were
 * @returns share in [0, 1]; 0.5 for scores without information
 * @throws RangeError when the columns do not fit, or one class is missing
 */
export function rocAuc(labels: Column, scores: Column): number {
  const { positives, negatives } = splitByLabel('rocAuc', labels, scores)
  return meanAndDeviation(placements(positives, negatives)).mean
}

export interface AucEstimate {
  readonly auc: number
  readonly variance: number
  readonly standardError: number
  /** Normal interval at a confidence level in (0, 1), clipped to [0, 1]. */
  readonly interval: (level?: number) => Interval
}

/**
 * Area under the ROC curve with DeLong's variance, in O(n log n).
 *
 * @param labels - 1 for the positive class, 0 for the other; at least two of each
 * @param scores - finite scores, one per label; left as they were
 * @throws RangeError when the columns do not fit, or a class has fewer than two rows
 * @see DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated ROC curves (1988)
 */
export function delongVariance(labels: Column, scores: Column): AucEstimate {
  const { ofPositives, ofNegatives } = components('delongVariance', labels, scores)
  const variance = varianceOfMean(ofPositives) + varianceOfMean(ofNegatives)
  const auc = meanAndDeviation(ofPositives).mean
  const standardError = Math.sqrt(variance)
  return {
    auc,
    variance,
    standardError,
    interval: (level) => {
      const { lower, upper } = normalInterval(auc, standardError, level)
      return { lower: Math.max(0, lower), upper: Math.min(1, upper) }
    },
  }
}

export interface AucComparison {
  readonly aucA: number
  readonly aucB: number
  /** A − B. */
  readonly difference: number
  readonly standardError: number
  /** Two-sided, of the hypothesis that both areas are equal. */
  readonly pValue: number
  /** Normal interval of the difference at a confidence level in (0, 1). */
  readonly interval: (level?: number) => Interval
}

/**
 * DeLong's paired test of two models on the same rows.
 *
 * @param labels - 1 for the positive class, 0 for the other; at least two of each
 * @param scoresA - finite scores of the first model, one per label
 * @param scoresB - finite scores of the second model, same rows
 * @throws RangeError when the columns do not fit, or a class has fewer than two rows
 * @see DeLong, DeLong and Clarke-Pearson (1988)
 */
export function delongCompare(labels: Column, scoresA: Column, scoresB: Column): AucComparison {
  const a = components('delongCompare', labels, scoresA)
  const b = components('delongCompare', labels, scoresB)
  // The variance of the paired differences is the sum of both variances less twice their covariance.
  const variance =
    varianceOfMean(minus(a.ofPositives, b.ofPositives)) + varianceOfMean(minus(a.ofNegatives, b.ofNegatives))
  const aucA = meanAndDeviation(a.ofPositives).mean
  const aucB = meanAndDeviation(b.ofPositives).mean
  const difference = aucA - aucB
  const standardError = Math.sqrt(variance)
  return {
    aucA,
    aucB,
    difference,
    standardError,
    pValue: difference === 0 ? 1 : twoSidedP(difference / standardError),
    interval: (level) => normalInterval(difference, standardError, level),
  }
}

/** Per positive row the share of negatives it beats, per negative row the share of positives that beat it. */
function components(measure: string, labels: Column, scores: Column) {
  const { positives, negatives } = splitByLabel(measure, labels, scores)
  if (positives.length < 2 || negatives.length < 2) {
    throw new RangeError(
      `${measure}: ${positives.length} positive and ${negatives.length} negative rows; a variance needs two of each`,
    )
  }
  return {
    ofPositives: placements(positives, negatives),
    ofNegatives: placements(negatives, positives).map((beaten) => 1 - beaten),
  }
}

/** For each score the share of `others` below it, ties counting half. */
function placements(scores: Float64Array, others: Float64Array): Float64Array {
  const sorted = others.toSorted()
  return scores.map((score) => {
    const below = countWhere(sorted, (other) => other < score)
    const notAbove = countWhere(sorted, (other) => other <= score)
    return (below + notAbove) / (2 * sorted.length)
  })
}

/** Length of the leading part of a sorted column for which `holds` is true, by bisection. */
function countWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}

function varianceOfMean(values: Float64Array): number {
  return meanAndDeviation(values).deviation ** 2 / (values.length - 1)
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!)
}
