import { alignedShares, type Column } from './check.ts'
import { chiSquareSurvival, twoSidedP } from './distributions.ts'
import { checkProportion, type Proportion } from './intervals.ts'

export interface ChiSquareResult {
  /** Infinite when the current window holds a category that the reference never had. */
  readonly statistic: number
  readonly degreesOfFreedom: number
  readonly pValue: number
}

/**
 * Chi-square goodness of fit: do the current counts follow the shares of the reference?
 *
 * Takes the reference shares as exact, so a small reference alarms too often; `chiSquareHomogeneity` does not.
 * Categories that are empty on both sides are left out.
 *
 * @param reference - counts per category, each >= 0
 * @param current - counts per category, same categories
 * @returns p = 0 when a current category is absent from the reference; p = 1 when one category is all there is
 * @throws RangeError when the categories do not line up or a window has no rows
 */
export function chiSquareGoodnessOfFit(reference: Column, current: Column): ChiSquareResult {
  const { p, q } = alignedShares('chiSquare', reference, current)
  const rows = total(current)
  const kept = categoriesInUse(p, q)
  const statistic = kept.reduce((sum, i) => sum + (rows * (q[i]! - p[i]!) ** 2) / p[i]!, 0)
  return chiSquareResult(statistic, kept.length - 1)
}

/**
 * Chi-square test of homogeneity: could both windows be drawn from the same shares?
 *
 * With two categories the statistic has Yates's correction, as in SciPy's `chi2_contingency`.
 *
 * @param reference - counts per category, each >= 0
 * @param current - counts per category, same categories
 * @returns p = 1 when one category is all there is
 * @throws RangeError when the categories do not line up or a window has no rows
 */
export function chiSquareHomogeneity(reference: Column, current: Column): ChiSquareResult {
  const { p, q } = alignedShares('chiSquare', reference, current)
  const rows = [total(reference), total(current)] as const
  const kept = categoriesInUse(p, q)
  const correction = kept.length === 2 ? 0.5 : 0
  const statistic = kept.reduce((sum, i) => {
    const pooled = (reference[i]! + current[i]!) / (rows[0] + rows[1])
    // Both cells of a category miss their expectation by the same amount, one above and one below.
    const miss = Math.abs(reference[i]! - pooled * rows[0])
    const corrected = (miss - Math.min(correction, miss)) ** 2
    return sum + corrected / (pooled * rows[0]) + corrected / (pooled * rows[1])
  }, 0)
  return chiSquareResult(statistic, kept.length - 1)
}

function categoriesInUse(p: Float64Array, q: Float64Array): number[] {
  return Array.from(p.keys()).filter((i) => p[i]! > 0 || q[i]! > 0)
}

function total(counts: Column): number {
  return Array.from(counts).reduce((sum, count) => sum + count, 0)
}

function chiSquareResult(statistic: number, degreesOfFreedom: number): ChiSquareResult {
  const pValue = degreesOfFreedom === 0 ? 1 : chiSquareSurvival(statistic, degreesOfFreedom)
  return { statistic, degreesOfFreedom, pValue }
}

/**
 * Pooled two-proportion z test, two-sided.
 *
 * @returns `z` > 0 when the current share is the larger; z = 0 and p = 1 when both sides are all or none
 * @throws RangeError when counts are not whole, trials are missing or successes exceed them
 */
export function twoProportionZ(reference: Proportion, current: Proportion): { z: number; pValue: number } {
  checkProportion('twoProportionZ', reference)
  checkProportion('twoProportionZ', current)
  const pooled = (reference.successes + current.successes) / (reference.trials + current.trials)
  const variance = pooled * (1 - pooled) * (1 / reference.trials + 1 / current.trials)
  const difference = current.successes / current.trials - reference.successes / reference.trials
  const z = variance === 0 ? 0 : difference / Math.sqrt(variance)
  return { z, pValue: twoSidedP(z) }
}
