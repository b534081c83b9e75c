import { alignedShares, checkAligned, checkSample, type Column, sharesOf, sortedSample } from './check.ts'
import { checkEdges } from './histogram.ts'
import { meanAndDeviation } from './moments.ts'

/** Least divisor of the normed distance, so that a constant reference does not divide by zero. */
const leastScale = 0.001

/** An empirical distribution: rising values and the share of the mass at or below each. */
interface Steps {
  readonly values: Float64Array
  readonly atOrBelow: Float64Array
}

/**
 * Wasserstein-1 (earth mover's) distance between two samples: the area between their distributions.
 *
 * @param reference - finite values in any order, length n >= 1; left as it was
 * @param current - finite values in any order, length m >= 1; left as it was
 * @returns distance in the unit of the values, >= 0
 * @throws RangeError when a sample is empty or holds NaN or an infinity
 * @see Vallender, Calculation of the Wasserstein distance between probability distributions on the line (1974)
 */
export function wasserstein1(reference: Column, current: Column): number {
  return areaBetween(plainSteps('reference', reference), plainSteps('current', current))
}

/**
 * Wasserstein-1 distance between two weighted samples.
 *
 * @param reference - finite `values` with `weights` >= 0 of the same length and a positive sum; left as it was
 * @param current - as `reference`
 * @returns distance in the unit of the values, >= 0
 * @throws RangeError when a sample is empty or not finite, or its weights do not fit
 */
export function wasserstein1Weighted(
  reference: { readonly values: Column; readonly weights: Column },
  current: { readonly values: Column; readonly weights: Column },
): number {
  return areaBetween(weightedSteps('reference', reference), weightedSteps('current', current))
}

/**
 * Wasserstein-1 distance in standard deviations of the reference (population form, at least 0.001).
 *
 * @returns a pure number >= 0; 0.1 is the usual alarm level
 * @throws RangeError when a sample is empty or holds NaN or an infinity
 */
export function wasserstein1Normed(reference: Column, current: Column): number {
  return wasserstein1(reference, current) / Math.max(meanAndDeviation(reference).deviation, leastScale)
}

/**
 * Wasserstein-1 distance between two histograms over the same bins, the mass of each bin spread evenly over it.
 *
 * Differs from the distance of the samples by at most the width of the widest bin.
 *
 * @param edges - k + 1 finite edges that rise strictly
 * @param reference - k counts, each >= 0
 * @param current - k counts, same bins
 * @returns distance in the unit of the edges, >= 0
 * @throws RangeError when edges and counts do not fit or a window has no rows
 */
export function wasserstein1OfCounts(edges: Column, reference: Column, current: Column): number {
  checkBins(edges, reference)
  const { p, q } = alignedShares('wasserstein', reference, current)
  let area = 0
  let before = 0
  for (let bin = 0; bin < p.length; bin++) {
    const after = before + p[bin]! - q[bin]!
    area += (edges[bin + 1]! - edges[bin]!) * meanMagnitude(before, after)
    before = after
  }
  return area
}

/**
 * Wasserstein-1 distance of two histograms in standard deviations of the reference histogram (at least 0.001).
 *
 * @returns a pure number >= 0
 * @throws RangeError when edges and counts do not fit or a window has no rows
 */
export function wasserstein1NormedOfCounts(edges: Column, reference: Column, current: Column): number {
  return wasserstein1OfCounts(edges, reference, current) / Math.max(histogramDeviation(edges, reference), leastScale)
}

/** Mean of |d| where d goes straight from `a` to `b`. */
function meanMagnitude(a: number, b: number): number {
  return a * b >= 0 ? Math.abs(a + b) / 2 : (a * a + b * b) / (2 * (Math.abs(a) + Math.abs(b)))
}

function histogramDeviation(edges: Column, counts: Column): number {
  const shares = sharesOf('wasserstein', 'reference', counts)
  const middle = (bin: number) => (edges[bin]! + edges[bin + 1]!) / 2
  const mean = shares.reduce((sum, share, bin) => sum + share * middle(bin), 0)
  const variance = shares.reduce((sum, share, bin) => {
    const width = edges[bin + 1]! - edges[bin]!
    return sum + share * ((middle(bin) - mean) ** 2 + (width * width) / 12)
  }, 0)
  return Math.sqrt(variance)
}

function checkBins(edges: Column, counts: Column): void {
  checkEdges('wasserstein', edges)
  if (edges.length === counts.length + 1) return
  throw new RangeError(`wasserstein: ${edges.length} edges but ${counts.length} counts; give one edge more than counts`)
}

function plainSteps(name: string, sample: Column): Steps {
  const values = sortedSample('wasserstein', name, sample)
  return { values, atOrBelow: values.map((_, i) => (i + 1) / values.length) }
}

function weightedSteps(name: string, sample: { readonly values: Column; readonly weights: Column }): Steps {
  checkSample('wasserstein', name, sample.values)
  checkAligned('wasserstein', [`${name} values`, sample.values], ['weights', sample.weights])
  const shares = sharesOf('wasserstein', name, sample.weights)
  const order = Uint32Array.from(shares, (_, row) => row).sort((a, b) => sample.values[a]! - sample.values[b]!)
  let mass = 0
  return {
    values: Float64Array.from(order, (row) => sample.values[row]!),
    atOrBelow: Float64Array.from(order, (row) => (mass += shares[row]!)),
  }
}

function areaBetween(x: Steps, y: Steps): number {
  let area = 0
  let previous = Math.min(x.values[0]!, y.values[0]!)
  let i = 0
  let j = 0
  while (i < x.values.length || j < y.values.length) {
    const value = Math.min(x.values[i] ?? Infinity, y.values[j] ?? Infinity)
    area += Math.abs((x.atOrBelow[i - 1] ?? 0) - (y.atOrBelow[j - 1] ?? 0)) * (value - previous)
    while (x.values[i] === value) i++
    while (y.values[j] === value) j++
    previous = value
  }
  return area
}
