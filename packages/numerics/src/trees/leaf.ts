import type { Candidate } from './candidates.ts'
import type { BestSplit, SearchedLeaf } from './explore.ts'
import type { GrowthPlan } from './options.ts'
import type { Run } from './own-rows.ts'
import type { LeafSums } from './split-search.ts'

/** A leaf of the tree that grows. Of its rows each member keeps its own; the sums and the count are over all. */
export interface Leaf extends SearchedLeaf {
  /** Places in the order of this member's rows: those that were drawn for the tree, and those that only follow. */
  readonly drawn: Run
  readonly rest: Run
  /** Index of its node in the tree. */
  readonly node: number
  readonly depth: number
  /** What it adds to the score of its rows. */
  readonly value: number
  /** Undefined when it stays a leaf. */
  best: BestSplit | undefined
}

/** Two leaves that were one, under both pairs of names. */
export interface Pair {
  readonly left: Leaf
  readonly right: Leaf
  /** The one whose rows are added up; the histograms of the other are what is left of those of both. */
  readonly added: Leaf
  readonly other: Leaf
}

/** How many rows go left: of all that were drawn, of this member's, and of this member's that were not drawn. */
export interface LeftCounts {
  readonly all: number
  readonly drawn: number
  readonly rest: number
}

export function valueOf(
  { gradient, hessian }: Pick<LeafSums, 'gradient' | 'hessian'>,
  lambda: number,
  { learningRate }: GrowthPlan,
): number {
  return hessian + lambda > 0 ? (-gradient / (hessian + lambda)) * learningRate : 0
}

export const canSplit = ({ depth, rowCount }: Leaf, { maxDepth, minRowsPerLeaf }: GrowthPlan): boolean =>
  depth < maxDepth && rowCount >= 2 * minRowsPerLeaf

/** The side with fewer rows by estimate: it is needed before the rows are counted. */
export const addsLeft = ({ hessian }: LeafSums, { leftHessian }: Candidate): boolean => 2 * leftHessian <= hessian

/** Both sides of a run whose first `leftCount` places go left. */
export function cut({ start, end }: Run, leftCount: number): readonly [left: Run, right: Run] {
  return [
    { start, end: start + leftCount },
    { start: start + leftCount, end },
  ]
}

/** The two leaves that take the place of one. The added one gets the free slot, the other keeps that of the leaf. */
export function divide(
  leaf: Leaf,
  candidate: Candidate,
  counts: LeftCounts,
  free: { readonly slot: number; readonly node: number },
  plan: GrowthPlan,
): Pair {
  const isAdded = [addsLeft(leaf, candidate), !addsLeft(leaf, candidate)]
  const { leftGradient: gradient, leftHessian: hessian, lambda } = candidate
  const sums = [
    { gradient, hessian, rowCount: counts.all },
    { gradient: leaf.gradient - gradient, hessian: leaf.hessian - hessian, rowCount: leaf.rowCount - counts.all },
  ]
  const [drawn, rest] = [cut(leaf.drawn, counts.drawn), cut(leaf.rest, counts.rest)]
  const child = (side: 0 | 1): Leaf => ({
    ...sums[side]!,
    drawn: drawn[side],
    rest: rest[side],
    slot: isAdded[side] ? free.slot : leaf.slot,
    node: free.node + side,
    depth: leaf.depth + 1,
    value: valueOf(sums[side]!, lambda, plan),
    best: undefined,
  })
  const [left, right] = [child(0), child(1)]
  return isAdded[0] ? { left, right, added: left, other: right } : { left, right, added: right, other: left }
}
