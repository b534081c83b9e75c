import { brierScore, calibrationBins, expectedCalibrationError, logLoss, rocAuc } from '@evenkeel/numerics'

/**
 * How good probabilities are.
 *
 * @param labels - 0 or 1; both must occur
 * @param scores - probabilities of class 1, one per label
 * @returns `auc` in [0, 1]; `log_loss` in nats; `brier` and `calibration_error` (tenths of the score) in [0, 1]
 * @throws RangeError when one class is missing
 */
export function classificationMetrics(labels: Float64Array, scores: Float64Array): Record<string, number> {
  return {
    auc: rocAuc(labels, scores),
    log_loss: logLoss(labels, scores),
    brier: brierScore(labels, scores),
    calibration_error: expectedCalibrationError(calibrationBins(labels, scores)),
  }
}

export const shareOf = (labels: Float64Array): number => labels.reduce((sum, label) => sum + label, 0) / labels.length
