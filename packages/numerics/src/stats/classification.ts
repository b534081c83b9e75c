import type { Column } from './check.ts'
import { checkLabels, checkProbabilities, splitByLabel } from './labels.ts'

/**
 * Share of positive labels.
 *
 * @param labels - 0 or 1, length n >= 1
 * @throws RangeError when there is no label or one is neither 0 nor 1
 */
export function baseRate(labels: Column): number {
  checkLabels('baseRate', labels, labels)
  let positives = 0
  for (let row = 0; row < labels.length; row++) positives += labels[row]!
  return positives / labels.length
}

/**
 * Mean negative log-likelihood of the labels.
 *
 * @param labels - 0 or 1, length n >= 1
 * @param scores - probabilities of class 1 in [0, 1]
 * @param clip - scores are kept this far from 0 and 1, so that one sure mistake costs −ln(clip) ≈ 36 nats, not infinity
 * @returns loss in nats, >= 0
 * @throws RangeError when the columns do not fit
 */
export function logLoss(labels: Column, scores: Column, clip = Number.EPSILON): number {
  checkProbabilities('logLoss', labels, scores)
  let loss = 0
  for (let row = 0; row < labels.length; row++) {
    const score = Math.min(Math.max(scores[row]!, clip), 1 - clip)
    loss -= labels[row] === 1 ? Math.log(score) : Math.log1p(-score)
  }
  return loss / labels.length
}

/**
 * Brier score: mean squared distance between probability and label.
 *
 * @param labels - 0 or 1, length n >= 1
 * @param scores - probabilities of class 1 in [0, 1]
 * @returns score in [0, 1], lower is better
 * @throws RangeError when the columns do not fit
 */
export function brierScore(labels: Column, scores: Column): number {
  checkProbabilities('brier', labels, scores)
  let sum = 0
  for (let row = 0; row < labels.length; row++) sum += (scores[row]! - labels[row]!) ** 2
  return sum / labels.length
}

/**
 * Average precision: precision at each distinct score from the top, weighted by the recall it adds.
 *
 * @param labels - 0 or 1; both must occur
 * @param scores - finite scores, one per label; left as they were
 * @returns share in (0, 1]; the base rate for scores without information
 * @throws RangeError when the columns do not fit, or one class is missing
 */
export function averagePrecision(labels: Column, scores: Column): number {
  const split = splitByLabel('averagePrecision', labels, scores)
  const positives = split.positives.sort().reverse()
  const negatives = split.negatives.sort().reverse()
  let precision = 0
  let hits = 0
  let alarms = 0
  while (hits < positives.length) {
    const before = hits
    const score = positives[hits]!
    while (positives[hits] === score) hits++
    // Rows with the same score are called together: a tie has no order to profit from.
    while (alarms < negatives.length && negatives[alarms]! >= score) alarms++
    precision += ((hits - before) * hits) / (hits + alarms)
  }
  return precision / positives.length
}

export interface Confusion {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
}

/**
 * Confusion counts when a score at or above the threshold is called positive.
 *
 * @param labels - 0 or 1, length n >= 1
 * @param scores - finite scores, one per label
 * @throws RangeError when the columns do not fit
 */
export function confusionAt(labels: Column, scores: Column, threshold: number): Confusion {
  checkLabels('confusion', labels, scores)
  if (Number.isNaN(threshold)) throw new RangeError('confusion: the threshold is NaN; give a number')
  const cells = [0, 0, 0, 0] as [number, number, number, number]
  for (let row = 0; row < labels.length; row++) cells[2 * labels[row]! + Number(scores[row]! >= threshold)]!++
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = cells
  return { truePositives, falsePositives, trueNegatives, falseNegatives }
}

/** Rates in [0, 1] of a confusion table; null where nothing was there to divide by. */
export interface ConfusionRates {
  readonly accuracy: number | null
  readonly precision: number | null
  readonly recall: number | null
  readonly specificity: number | null
  readonly f1: number | null
}

export function confusionRates(confusion: Confusion): ConfusionRates {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = confusion
  return {
    accuracy: ratio(tp + tn, tp + fp + tn + fn),
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    specificity: ratio(tn, tn + fp),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
