import { type Column, sharesOf } from './check.ts'
import { checkEdges, nearestBin } from './histogram.ts'
import { checkProbabilities } from './labels.ts'

const tenths = Float64Array.from({ length: 11 }, (_, i) => i / 10)

/** One bar of a reliability diagram. Bins without rows are left out. */
export interface CalibrationBin {
  readonly lower: number
  readonly upper: number
  readonly count: number
  readonly meanScore: number
  readonly positiveShare: number
}

/**
 * Promised against observed share of positives, by bins of the score.
 *
 * @param labels - 0 or 1, length n >= 1
 * @param scores - probabilities of class 1 in [0, 1]
 * @param edges - rising edges: tenths by default, `quantileEdges(scores)` for bins of equal count. Scores beyond the
 *   edges count in the nearest bin.
 * @returns the bins that hold rows, in rising order
 * @throws RangeError when the columns do not fit or the edges do not rise
 */
export function calibrationBins(labels: Column, scores: Column, edges: Column = tenths): CalibrationBin[] {
  checkProbabilities('calibration', labels, scores)
  checkEdges('calibration', edges)
  const bins = edges.length - 1
  const counts = new Float64Array(bins)
  const scoreSums = new Float64Array(bins)
  const positives = new Float64Array(bins)
  for (let row = 0; row < scores.length; row++) {
    const bin = nearestBin(edges, scores[row]!)
    counts[bin]!++
    scoreSums[bin]! += scores[row]!
    positives[bin]! += labels[row]!
  }
  return [...counts.keys()]
    .filter((at) => counts[at]! > 0)
    .map((at) => ({
      lower: edges[at]!,
      upper: edges[at + 1]!,
      count: counts[at]!,
      meanScore: scoreSums[at]! / counts[at]!,
      positiveShare: positives[at]! / counts[at]!,
    }))
}

/**
 * Expected calibration error: the mean gap between promised and observed share, weighted by the rows behind it.
 *
 * @param bins - at least one bin with rows
 * @returns gap in [0, 1]
 * @throws RangeError when no bin holds rows
 * @see Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning (2015)
 */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number {
  const weights = sharesOf(
    'calibration',
    'given',
    bins.map(({ count }) => count),
  )
  return bins.reduce((sum, bin, i) => sum + weights[i]! * Math.abs(bin.meanScore - bin.positiveShare), 0)
}
