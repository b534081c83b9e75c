export type { Column } from './check.ts'
export { calibrationBins, type CalibrationBin, expectedCalibrationError } from './calibration.ts'
export {
  averagePrecision,
  baseRate,
  brierScore,
  type Confusion,
  confusionAt,
  confusionRates,
  type ConfusionRates,
  logLoss,
} from './classification.ts'
export { chiSquareGoodnessOfFit, chiSquareHomogeneity, type ChiSquareResult, twoProportionZ } from './contingency.ts'
export {
  chiSquareSurvival,
  erf,
  erfc,
  logGamma,
  normalCdf,
  normalQuantile,
  regularisedGammaQ,
  twoSidedP,
} from './distributions.ts'
export { hellingerDistance, jensenShannonDistance, lInfinityDistance, populationStabilityIndex } from './divergence.ts'
export {
  binCounts,
  type Extent,
  extentOf,
  type Histogram,
  type Outside,
  quantileEdges,
  quantileOfSorted,
  sturgesEdges,
} from './histogram.ts'
export { type Interval, meanInterval, normalInterval, type Proportion, wilsonInterval } from './intervals.ts'
export { type Contribution, type Decomposition, kitagawa, type ValueGroup } from './kitagawa.ts'
export { kolmogorovSmirnov, kolmogorovSmirnovOfCounts, kolmogorovSmirnovP } from './kolmogorov-smirnov.ts'
export { largestTriangles } from './largest-triangles.ts'
export { addMoments, meanOf, type Moments, momentsOf, noMoments, varianceOf } from './moments.ts'
export { mae, r2, rmse } from './regression.ts'
export { type AucComparison, type AucEstimate, delongCompare, delongVariance, rocAuc } from './roc-auc.ts'
export {
  wasserstein1,
  wasserstein1Normed,
  wasserstein1NormedOfCounts,
  wasserstein1OfCounts,
  wasserstein1Weighted,
} from './wasserstein.ts'
