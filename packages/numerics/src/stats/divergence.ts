import { alignedShares, type Column } from './check.ts'

/**
 * Population stability index between two binned samples of one feature.
 *
 * @param expected - counts per bin in the reference window, length `k`, each >= 0
 * @param actual - counts per bin in the current window, same bins, length `k`
 * @param floor - share given to an empty bin, so the logarithm stays finite
 * @returns index in nats, >= 0; 0 when the shares agree. 0.1 and 0.25 are the usual warning and alarm levels.
 * @throws RangeError when the lengths differ or a window is empty
 * @see Siddiqi, Credit Risk Scorecards (2006), section "Population stability"
 */
export function populationStabilityIndex(expected: Column, actual: Column, floor = 1e-4): number {
  if (!(floor > 0 && floor < 1)) throw new RangeError(`psi: the floor is ${floor}; give a small share above 0`)
  const { p, q } = alignedShares('psi', expected, actual)
  return p.reduce((sum, share, bin) => {
    const before = Math.max(share, floor)
    const after = Math.max(q[bin]!, floor)
    return sum + (after - before) * Math.log(after / before)
  }, 0)
}

/**
 * Jensen–Shannon distance: the square root of the divergence, natural logarithm, empty bins left empty.
 *
 * @param reference - counts per bin, each >= 0
 * @param current - counts per bin, same bins
 * @returns distance in [0, √ln 2 ≈ 0.8326]; divide by √ln 2 for the base-2 distance
 * @throws RangeError when the bins do not line up or a window has no rows
 * @see Lin, Divergence measures based on the Shannon entropy (1991)
 */
export function jensenShannonDistance(reference: Column, current: Column): number {
  const { p, q } = alignedShares('jensenShannon', reference, current)
  const twice = p.reduce((sum, share, bin) => {
    const middle = (share + q[bin]!) / 2
    return sum + surprise(share, middle) + surprise(q[bin]!, middle)
  }, 0)
  // Rounding can push the divergence of equal shares below zero.
  return Math.sqrt(Math.max(0, twice / 2))
}

function surprise(share: number, expected: number): number {
  return share === 0 ? 0 : share * Math.log(share / expected)
}

/**
 * Hellinger distance between two binned or categorical samples.
 *
 * @param reference - counts per bin, each >= 0
 * @param current - counts per bin, same bins
 * @returns distance in [0, 1]; 1 when no bin is shared
 * @throws RangeError when the bins do not line up or a window has no rows
 */
export function hellingerDistance(reference: Column, current: Column): number {
  const { p, q } = alignedShares('hellinger', reference, current)
  // The sum of squared differences keeps the digits that 1 − Σ√(p·q) loses when the shares nearly agree.
  return Math.sqrt(p.reduce((sum, share, bin) => sum + (Math.sqrt(share) - Math.sqrt(q[bin]!)) ** 2, 0) / 2)
}

/**
 * Largest change of one bin's or category's share.
 *
 * @param reference - counts per bin, each >= 0
 * @param current - counts per bin, same bins
 * @returns share in [0, 1]
 * @throws RangeError when the bins do not line up or a window has no rows
 */
export function lInfinityDistance(reference: Column, current: Column): number {
  const { p, q } = alignedShares('lInfinity', reference, current)
  return p.reduce((widest, share, bin) => Math.max(widest, Math.abs(share - q[bin]!)), 0)
}
