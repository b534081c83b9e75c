import { type Column, checkSample } from './check.ts'

/**
 * Running sums of a column: enough for its mean and variance, and two of them add up.
 *
 * The variance loses digits when the mean is far from 0 measured in standard deviations; at a ratio of 1e4 eight digits
 * are left. Subtract a constant from the values first if that matters.
 */
export interface Moments {
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
}

export const noMoments: Moments = { count: 0, sum: 0, sumSquares: 0 }

/**
 * Running sums of a sample.
 *
 * @throws RangeError when the sample is empty or holds a value that is not finite
 */
export function momentsOf(values: Column): Moments {
  checkSample('moments', 'given', values)
  let sum = 0
  let sumSquares = 0
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!
    sumSquares += values[i]! ** 2
  }
  return { count: values.length, sum, sumSquares }
}

export function addMoments(a: Moments, b: Moments): Moments {
  return { count: a.count + b.count, sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares }
}

/** Mean of at least one value. */
export function meanOf({ count, sum }: Moments): number {
  if (count === 0) throw new RangeError('moments: no value yet, so there is no mean; ask again after the first value')
  return sum / count
}

/**
 * Variance from running sums.
 *
 * @param lostDegrees - 0 for the population variance, 1 for the unbiased variance of a sample
 * @throws RangeError when there are not more values than lost degrees of freedom
 */
export function varianceOf({ count, sum, sumSquares }: Moments, lostDegrees: 0 | 1 = 0): number {
  if (count <= lostDegrees) {
    throw new RangeError(`moments: ${count} values have no variance; ask again with at least ${lostDegrees + 1}`)
  }
  // Rounding can push a variance of zero below zero.
  return Math.max(0, sumSquares - (sum * sum) / count) / (count - lostDegrees)
}

/**
 * Mean and population standard deviation of a sample, in two passes, so that no digits are lost.
 *
 * @throws RangeError when the sample is empty or holds a value that is not finite
 */
export function meanAndDeviation(values: Column): { mean: number; deviation: number } {
  const mean = meanOf(momentsOf(values))
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / values.length) }
}
