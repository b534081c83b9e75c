import { binStride } from './binning.ts'
import { type Candidate, noCandidate, setLeft } from './candidates.ts'
import {
  addBin,
  emptySide,
  type FeatureHistogram,
  gainOf,
  isEnough,
  type LeafSums,
  leavesEnough,
  offer,
  type SplitLimits,
} from './split-search.ts'

// The defaults of LightGBM, under its names: max_cat_to_onehot, cat_smooth, cat_l2, max_cat_threshold, min_data_per_group.
const mostCategoriesOneByOne = 4
const smoothing = 10
const extraLambda = 10
const mostCategoriesLeft = 32
const minRowsPerGroup = 100

/**
 * Best set of categories to send left. Few categories are tried one against the rest; many are sorted by their mean
 * gradient and cut from either end. Bin 0, missing and rare categories, always goes right.
 *
 * @returns a candidate of gain 0 when no split is allowed or helps
 * @see LightGBM `FindBestThresholdCategoricalInner` in src/treelearner/feature_histogram.cpp
 * @see Fisher, On grouping for maximum homogeneity (1958), for why sorting by the mean suffices
 */
export function searchCategorical(histogram: FeatureHistogram, leaf: LeafSums, limits: SplitLimits): Candidate {
  const best = noCandidate()
  if (histogram.binCount - 1 <= mostCategoriesOneByOne) oneAgainstRest(histogram, leaf, limits, best)
  else {
    const sorted = sortedBins(histogram, leaf)
    cutFromOneEnd(histogram, sorted, leaf, limits, best)
    cutFromOneEnd(histogram, sorted.toReversed(), leaf, limits, best)
  }
  return best
}

function oneAgainstRest(histogram: FeatureHistogram, leaf: LeafSums, limits: SplitLimits, best: Candidate): void {
  best.lambda = limits.lambdaL2
  for (let bin = 1; bin < histogram.binCount; bin++) {
    const left = emptySide()
    addBin(left, histogram, bin, leaf)
    if (!isEnough(left, limits.minRowsPerLeaf) || !leavesEnough(left, leaf, limits.minRowsPerLeaf)) continue
    if (offer(best, gainOf(left, leaf, best.lambda, best.lambda), left)) sendLeft(best, [bin])
  }
}

/**
 * Bins with enough rows for a mean worth sorting by, lowest smoothed mean gradient first.
 *
 * The bin rides in the lowest eight bits of its mean, so that plain numbers can be sorted; it moves the mean by less
 * than one part in 2^44.
 */
function sortedBins({ sums, at, binCount }: FeatureHistogram, leaf: LeafSums): Uint8Array {
  let count = 0
  for (let bin = 1; bin < binCount; bin++) {
    const hessian = sums[at + 2 * bin + 1]!
    if (Math.round(hessian * (leaf.rowCount / leaf.hessian)) < smoothing) continue
    means[count] = sums[at + 2 * bin]! / (hessian + smoothing)
    meanWords[2 * count] = (meanWords[2 * count]! & ~255) | bin
    count++
  }
  means.subarray(0, count).sort()
  return Uint8Array.from({ length: count }, (_, index) => meanWords[2 * index]! & 255)
}

const means = new Float64Array(binStride)
const meanWords = new Uint32Array(means.buffer)

function cutFromOneEnd(
  histogram: FeatureHistogram,
  sorted: Uint8Array,
  leaf: LeafSums,
  { minRowsPerLeaf, lambdaL2 }: SplitLimits,
  best: Candidate,
): void {
  const mostLeft = Math.min(mostCategoriesLeft, Math.floor((sorted.length + 1) / 2))
  const lambda = lambdaL2 + extraLambda
  const left = emptySide()
  let groupRows = 0
  for (let count = 1; count <= mostLeft; count++) {
    groupRows += addBin(left, histogram, sorted[count - 1]!, leaf)
    if (!isEnough(left, minRowsPerLeaf)) continue
    if (!leavesEnough(left, leaf, Math.max(minRowsPerLeaf, minRowsPerGroup))) break
    if (groupRows < minRowsPerGroup) continue
    groupRows = 0
    if (!offer(best, gainOf(left, leaf, lambda, lambdaL2), left)) continue
    best.lambda = lambda
    sendLeft(best, sorted.subarray(0, count))
  }
}

function sendLeft(best: Candidate, bins: Iterable<number>): void {
  best.leftBins.fill(0)
  for (const bin of bins) setLeft(best, bin)
}
