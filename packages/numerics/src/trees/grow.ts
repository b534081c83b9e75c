import { binStride } from './binning.ts'
import { goesLeft } from './candidates.ts'
import { drawFeatures, drawRows } from './draw.ts'
import { type BestSplit, createExplorer, type LeafRows, type TreeTask } from './explore.ts'
import { createKernels } from './kernel.ts'
import type { Tree, TreeNode } from './model.ts'
import { partition, type PendingPartition } from './partition.ts'
import { splitNode } from './split-node.ts'
import type { LeafSums } from './split-search.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

/** A leaf of the tree that grows. */
interface Leaf extends LeafRows, LeafSums {
  /** Index of its node in the tree. */
  readonly node: number
  readonly depth: number
  /** What it adds to the score of its rows. */
  readonly value: number
  /** Undefined when it stays a leaf. */
  best: BestSplit | undefined
}

/** Two leaves that were one, under both pairs of names. */
interface Pair {
  readonly left: Leaf
  readonly right: Leaf
  readonly small: Leaf
  readonly large: Leaf
}

export interface GrownTree {
  readonly tree: Tree
  readonly leaves: readonly Leaf[]
  /** Rows drawn for the tree; they come first in the order, leaf after leaf. */
  readonly drawnCount: number
}

/** Grows trees leaf by leaf, the largest gain first. All members call it alike and get the same tree. */
export function createGrower(workspace: Workspace, team: Team) {
  const { plan, order, scratch, bins, categoryCounts } = workspace
  const kernels = createKernels(workspace.memory)
  const explorer = createExplorer(workspace, team, kernels)
  const leftOfBin = workspace.leftOfBin[team.member]!

  const canSplit = ({ depth, rowCount }: Leaf) => depth < plan.maxDepth && rowCount >= 2 * plan.minRowsPerLeaf

  function plant(task: TreeTask, drawnCount: number): Leaf {
    const rows = { start: 0, end: drawnCount, slot: 0 }
    const sums = explorer.sumRoot(rows, task)
    const root: Leaf = { ...rows, ...sums, node: 0, depth: 0, value: valueOf(sums, plan.lambdaL2), best: undefined }
    if (canSplit(root)) root.best = explorer.searchRoot(root, task)
    return root
  }

  function valueOf({ gradient, hessian }: LeafSums, lambda: number): number {
    return hessian + lambda > 0 ? (-gradient / (hessian + lambda)) * plan.learningRate : 0
  }

  /** Sorts the rows of a leaf by its best split; undefined when the estimate of rows was so wrong that a side is empty. */
  function sortRows({ start, end, rowCount }: Leaf, { feature, candidate }: BestSplit): PendingPartition | undefined {
    for (let bin = 0; bin < binStride; bin++) leftOfBin[bin] = goesLeft(candidate, bin) ? 1 : 0
    const task = { order, scratch, bins: bins[feature]!, leftOfBin }
    const sorted = partition(workspace, start, end, (from, to) => kernels.sortRows(task, from, to), team)
    if (sorted.leftCount > 0 && sorted.leftCount < rowCount) return sorted
    // Nobody may begin to sort the next leaf before everybody has read the counts of this one.
    team.meet()
    return undefined
  }

  /** The two leaves that take the place of one. The smaller gets the free slot, the other keeps that of the leaf. */
  function divide(leaf: Leaf, { candidate }: BestSplit, leftCount: number, freeSlot: number, node: number): Pair {
    const rightCount = leaf.rowCount - leftCount
    const leftIsSmall = leftCount <= rightCount
    const child = (sums: LeafSums, start: number, isSmall: boolean): Leaf => ({
      ...sums,
      start,
      end: start + sums.rowCount,
      slot: isSmall ? freeSlot : leaf.slot,
      node: start === leaf.start ? node : node + 1,
      depth: leaf.depth + 1,
      value: valueOf(sums, candidate.lambda),
      best: undefined,
    })
    const { leftGradient, leftHessian } = candidate
    const leftSums = { gradient: leftGradient, hessian: leftHessian, rowCount: leftCount }
    const rightSums = {
      gradient: leaf.gradient - leftGradient,
      hessian: leaf.hessian - leftHessian,
      rowCount: rightCount,
    }
    const left = child(leftSums, leaf.start, leftIsSmall)
    const right = child(rightSums, leaf.start + leftCount, !leftIsSmall)
    return leftIsSmall ? { left, right, small: left, large: right } : { left, right, small: right, large: left }
  }

  function search({ small, large }: Pair, task: TreeTask): void {
    if (!canSplit(small) && !canSplit(large)) return
    const [smallBest, largeBest] = explorer.searchPair(small, large, task)
    small.best = canSplit(small) ? smallBest : undefined
    large.best = canSplit(large) ? largeBest : undefined
  }

  return (round: number, output: number): GrownTree => {
    const treeIndex = round * plan.outputCount + output
    const task = {
      gradients: workspace.gradients[output]!,
      features: drawFeatures(plan, categoryCounts.length, treeIndex),
    }
    const drawnCount = drawRows(workspace, team, round)
    const root = plant(task, drawnCount)
    const leaves = [root]
    const nodes: TreeNode[] = [leafNode(root)]
    for (let leaf = mostGainful(leaves); leaf && leaves.length < plan.leafCount; leaf = mostGainful(leaves)) {
      const best = leaf.best!
      const sorted = sortRows(leaf, best)
      leaf.best = undefined
      if (!sorted) continue
      sorted.carryOut()
      const pair = divide(leaf, best, sorted.leftCount, leaves.length, nodes.length)
      leaves.splice(leaves.indexOf(leaf), 1, pair.left, pair.right)
      nodes[leaf.node] = splitNode(workspace, best, pair.left, pair.right)
      nodes.push(leafNode(pair.left), leafNode(pair.right))
      if (leaves.length < plan.leafCount) search(pair, task)
    }
    return { tree: { nodes }, leaves, drawnCount }
  }
}

function mostGainful(leaves: readonly Leaf[]): Leaf | undefined {
  let most: Leaf | undefined
  for (const leaf of leaves) {
    if (leaf.best && leaf.best.candidate.gain > (most?.best?.candidate.gain ?? 0)) most = leaf
  }
  return most
}

const leafNode = ({ value, rowCount }: Leaf): TreeNode => ({ kind: 'leaf', value, rowCount })
