import { type MonitorSpec, type MonitorWindow, plural } from '@evenkeel/contract'
import { calibrationBins, delongVariance, expectedCalibrationError, logLoss } from '@evenkeel/numerics'
import type { WindowTally } from './tally.ts'
import { count, fixed } from './words.ts'

/** Scores are kept this far from 0 and 1, so that one sure mistake costs 13.8 nats, not infinity. */
export const lossClip = 1e-6

type Performance = MonitorWindow['performance']

/**
 * How right the judged version was: AUC with DeLong's 95 % interval, log loss in nats, expected calibration error over
 * tenths. Figures that make no sense for the rows are null, and `says` tells why.
 */
export function performanceOf(
  { labels, scores }: Pick<WindowTally, 'labels' | 'scores'>,
  { atLeast, minLabels }: MonitorSpec['performance'],
): Performance {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const known = {
    positiveShare: labels.length === 0 ? null : positives / labels.length,
    meanScore: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    ...probabilityMeasures(labels, scores),
  }
  // DeLong's variance needs two rows of each class.
  if (positives < 2 || labels.length - positives < 2) {
    const says = `Performance is not computable: ${plural(labels.length, 'label')}, ${count(positives)} of them positive.`
    return { ...known, auc: null, aucLow: null, aucHigh: null, status: 'not_computable', says }
  }
  const estimate = delongVariance(labels, scores)
  const { lower, upper } = estimate.interval(0.95)
  const auc = { auc: estimate.auc, aucLow: lower, aucHigh: upper }
  const measured = `AUC ${fixed(estimate.auc)} (95 % interval ${fixed(lower)} … ${fixed(upper)}) on ${count(labels.length)} labels`
  if (labels.length < minLabels) {
    const says = `${measured}: too few to judge, it takes ${count(minLabels)}.`
    return { ...known, ...auc, status: 'not_computable', says }
  }
  const below = estimate.auc < atLeast
  const says = `${measured}: ${below ? 'below' : 'at or above'} the bound of ${fixed(atLeast)}.`
  return { ...known, ...auc, status: below ? 'below' : 'ok', says }
}

/** Measures that read a score as a probability; null when it is none, or there is no label. */
function probabilityMeasures(labels: readonly number[], scores: readonly number[]) {
  if (labels.length === 0 || scores.some((score) => score < 0 || score > 1)) {
    return { logLoss: null, calibrationError: null }
  }
  return {
    logLoss: logLoss(labels, scores, lossClip),
    calibrationError: expectedCalibrationError(calibrationBins(labels, scores)),
  }
}
