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

/**
 * Best threshold of a numerical feature in one leaf.
 *
 * @param missingBin - the bin of NaN, which is the last one; -1 when the feature has none
 * @returns a candidate of gain 0 when no split is allowed or helps
 * @see LightGBM `FindBestThresholdSequentially` in src/treelearner/feature_histogram.hpp
 */
export function searchNumerical(
  histogram: FeatureHistogram,
  missingBin: number,
  leaf: LeafSums,
  limits: SplitLimits,
): Candidate {
  const best = noCandidate()
  best.lambda = limits.lambdaL2
  const valueBins = histogram.binCount - (missingBin < 0 ? 0 : 1)
  const hasMissing = missingBin >= 0 && histogram.sums[histogram.at + 2 * missingBin + 1]! > 0
  growRightSide(histogram, valueBins, hasMissing ? 'left' : 'undecided', leaf, limits, best)
  if (hasMissing) growLeftSide(histogram, valueBins, leaf, limits, best)

  for (let bin = 0; bin <= best.thresholdBin; bin++) setLeft(best, bin)
  if (best.missing === 'left') setLeft(best, missingBin)
  return best
}

/** Thresholds from the highest down; what is missing stays on the left. */
function growRightSide(
  histogram: FeatureHistogram,
  valueBins: number,
  missing: Candidate['missing'],
  leaf: LeafSums,
  { minRowsPerLeaf, lambdaL2 }: SplitLimits,
  best: Candidate,
): void {
  const right = emptySide()
  for (let bin = valueBins - 1; bin > 0; bin--) {
    addBin(right, histogram, bin, leaf)
    if (!isEnough(right, minRowsPerLeaf)) continue
    if (!leavesEnough(right, leaf, minRowsPerLeaf)) break
    const gain = gainOf(right, leaf, lambdaL2, lambdaL2)
    if (!(gain > best.gain)) continue
    offer(best, gain, { gradient: leaf.gradient - right.gradient, hessian: leaf.hessian - right.hessian })
    best.thresholdBin = bin - 1
    best.missing = missing
  }
}

/** Thresholds from the lowest up; what is missing stays on the right, at last on its own. */
function growLeftSide(
  histogram: FeatureHistogram,
  valueBins: number,
  leaf: LeafSums,
  { minRowsPerLeaf, lambdaL2 }: SplitLimits,
  best: Candidate,
): void {
  const left = emptySide()
  for (let bin = 0; bin < valueBins; bin++) {
    addBin(left, histogram, bin, leaf)
    if (!isEnough(left, minRowsPerLeaf)) continue
    if (!leavesEnough(left, leaf, minRowsPerLeaf)) break
    if (!offer(best, gainOf(left, leaf, lambdaL2, lambdaL2), left)) continue
    best.thresholdBin = bin
    best.missing = 'right'
  }
}
