import { checkAligned, checkSample, type Column } from './check.ts'
import { meanAndDeviation } from './moments.ts'

/**
 * Root mean squared error.
 *
 * @param actual - finite values, length n >= 1
 * @param predicted - finite values, same rows
 * @returns error in the unit of the values, >= 0
 * @throws RangeError when the columns do not fit
 */
export function rmse(actual: Column, predicted: Column): number {
  return Math.sqrt(meanLoss('rmse', actual, predicted, (error) => error * error))
}

/**
 * Mean absolute error.
 *
 * @param actual - finite values, length n >= 1
 * @param predicted - finite values, same rows
 * @returns error in the unit of the values, >= 0
 * @throws RangeError when the columns do not fit
 */
export function mae(actual: Column, predicted: Column): number {
  return meanLoss('mae', actual, predicted, Math.abs)
}

/**
 * Coefficient of determination R²: the share of the variance that the predictions explain.
 *
 * @param actual - finite values that are not all equal, length n >= 2
 * @param predicted - finite values, same rows
 * @returns at most 1; 0 for predicting the mean, negative for worse than that
 * @throws RangeError when the columns do not fit or the actual values are constant
 */
export function r2(actual: Column, predicted: Column): number {
  const unexplained = meanLoss('r2', actual, predicted, (error) => error * error)
  const variance = meanAndDeviation(actual).deviation ** 2
  if (variance === 0) {
    throw new RangeError('r2: the actual values are all equal, so there is no variance to explain; use rmse or mae')
  }
  return 1 - unexplained / variance
}

function meanLoss(measure: string, actual: Column, predicted: Column, loss: (error: number) => number): number {
  checkAligned(measure, ['actual values', actual], ['predictions', predicted])
  checkSample(measure, 'actual', actual)
  checkSample(measure, 'predicted', predicted)
  let sum = 0
  for (let row = 0; row < actual.length; row++) sum += loss(predicted[row]! - actual[row]!)
  return sum / actual.length
}
