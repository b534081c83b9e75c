import type { Candidate } from './candidates.ts'

/** Sums over the rows of a leaf. */
export interface LeafSums {
  readonly gradient: number
  readonly hessian: number
  readonly rowCount: number
}

/** The bins of one feature in one leaf: sums of gradient and hessian side by side, from `at`. */
export interface FeatureHistogram {
  readonly sums: Float64Array
  readonly at: number
  /** Bins in use, the missing bin included. */
  readonly binCount: number
}

export interface SplitLimits {
  readonly minRowsPerLeaf: number
  readonly lambdaL2: number
}

const minHessianPerLeaf = 1e-3

/** One side of a split that grows bin by bin. */
export interface Side {
  gradient: number
  hessian: number
  /**
   * An estimate: bins keep no row counts, so as in LightGBM rows are taken to be spread in proportion to the hessian.
   */
  rowCount: number
}

export const emptySide = (): Side => ({ gradient: 0, hessian: 0, rowCount: 0 })

/** @returns how many rows the bin has by estimate */
export function addBin(side: Side, { sums, at }: FeatureHistogram, bin: number, leaf: LeafSums): number {
  const hessian = sums[at + 2 * bin + 1]!
  const rowCount = Math.round(hessian * (leaf.rowCount / leaf.hessian))
  side.gradient += sums[at + 2 * bin]!
  side.hessian += hessian
  side.rowCount += rowCount
  return rowCount
}

/** Whether a side is large enough to be a leaf. */
export function isEnough(side: Side, minRows: number): boolean {
  return side.rowCount >= minRows && side.hessian >= minHessianPerLeaf
}

/** Whether what a side leaves of its leaf is large enough to be the other leaf. */
export function leavesEnough(side: Side, leaf: LeafSums, minRows: number): boolean {
  return leaf.rowCount - side.rowCount >= minRows && leaf.hessian - side.hessian >= minHessianPerLeaf
}

/** By how much G²/(H+λ) of the two sides exceeds that of the leaf. */
export function gainOf(side: Side, leaf: LeafSums, lambda: number, leafLambda: number): number {
  const gradient = leaf.gradient - side.gradient
  const hessian = leaf.hessian - side.hessian
  return (
    (side.gradient * side.gradient) / (side.hessian + lambda) +
    (gradient * gradient) / (hessian + lambda) -
    (leaf.gradient * leaf.gradient) / (leaf.hessian + leafLambda)
  )
}

/** Keeps the split when it beats the best one so far; `left` is its left side. */
export function offer(best: Candidate, gain: number, left: { gradient: number; hessian: number }): boolean {
  if (!(gain > best.gain)) return false
  best.gain = gain
  best.leftGradient = left.gradient
  best.leftHessian = left.hessian
  return true
}
