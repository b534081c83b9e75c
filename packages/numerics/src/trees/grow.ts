import { binStride } from './binning.ts'
import { goesLeft } from './candidates.ts'
import { createDrawer, drawFeatures } from './draw.ts'
import { type BestSplit, createExplorer, type TreeTask } from './explore.ts'
import { createKernels } from './kernel.ts'
import { addsLeft, canSplit, cut, divide, type Leaf, type LeftCounts, type Pair, valueOf } from './leaf.ts'
import type { Tree, TreeNode } from './model.ts'
import type { Run } from './own-rows.ts'
import { missingGoesLeft, splitNode } from './split-node.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

export interface GrownTree {
  readonly tree: Tree
  readonly leaves: readonly Leaf[]
}

/**
 * Grows trees leaf by leaf, the largest gain first. All members call it alike and get the same tree. Each sorts and adds
 * up rows of its own; for every split they meet twice, to put their histograms together and to compare what they found.
 */
export function createGrower(workspace: Workspace, team: Team) {
  const { plan, order, scratch, bins, categoryCounts, missingBins } = workspace
  const kernels = createKernels(workspace.memory)
  const explorer = createExplorer(workspace, team, kernels)
  const drawRows = createDrawer(workspace, team)
  const leftOfBin = workspace.leftOfBin[team.member]!

  function plant(task: TreeTask, round: number): Leaf {
    const { start, drawnEnd, end } = drawRows(round)
    const rows = { drawn: { start, end: drawnEnd }, rest: { start: drawnEnd, end } }
    explorer.addRows(rows.drawn, task)
    const rowCount = team.addUp(drawnEnd - start)
    const sums = { ...explorer.sumRows(task), rowCount }
    const value = valueOf(sums, plan.lambdaL2, plan)
    const root: Leaf = { ...rows, ...sums, slot: 0, node: 0, depth: 0, value, best: undefined }
    // Nobody may begin to split before everybody has read the sums.
    if (canSplit(root, plan)) root.best = explorer.searchRoot(root, task)
    else team.meet()
    return root
  }

  const sort = (feature: number, { start, end }: Run): number =>
    kernels.sortRows({ order, scratch, bins: bins[feature]!, leftOfBin }, start, end)

  /**
   * Sorts the rows of a leaf by its best split, and adds up those of one side when it will be searched. Undefined when
   * the estimate of rows was so wrong that a side is empty.
   */
  function sortRows(leaf: Leaf, { feature, candidate }: BestSplit, next?: TreeTask): LeftCounts | undefined {
    for (let bin = 0; bin < binStride; bin++) leftOfBin[bin] = goesLeft(candidate, bin) ? 1 : 0
    const drawn = sort(feature, leaf.drawn)
    if (next) explorer.addRows(cut(leaf.drawn, drawn)[addsLeft(leaf, candidate) ? 0 : 1], next)
    const all = team.addUp(drawn)
    if (all === 0 || all === leaf.rowCount) return undefined
    const missingBin = missingBins[feature]!
    if (missingBin >= 0) leftOfBin[missingBin] = missingGoesLeft(candidate, all, leaf.rowCount - all) ? 1 : 0
    return { all, drawn, rest: sort(feature, leaf.rest) }
  }

  function search({ added, other }: Pair, task: TreeTask): void {
    if (!canSplit(added, plan) && !canSplit(other, plan)) return
    const [addedBest, otherBest] = explorer.searchPair(added, other, task)
    added.best = canSplit(added, plan) ? addedBest : undefined
    other.best = canSplit(other, plan) ? otherBest : undefined
  }

  return (round: number, output: number): GrownTree => {
    const treeIndex = round * plan.outputCount + output
    const task = {
      gradients: workspace.gradients[output]!,
      features: drawFeatures(plan, categoryCounts.length, treeIndex),
    }
    const root = plant(task, round)
    const leaves = [root]
    const nodes: TreeNode[] = [leafNode(root)]
    for (let leaf = mostGainful(leaves); leaf && leaves.length < plan.leafCount; leaf = mostGainful(leaves)) {
      const best = leaf.best!
      const isLast = leaves.length + 1 === plan.leafCount
      const counts = sortRows(leaf, best, isLast ? undefined : task)
      leaf.best = undefined
      if (!counts) continue
      const pair = divide(leaf, best.candidate, counts, { slot: leaves.length, node: nodes.length }, plan)
      leaves.splice(leaves.indexOf(leaf), 1, pair.left, pair.right)
      nodes[leaf.node] = splitNode(workspace, best, pair.left, pair.right)
      nodes.push(leafNode(pair.left), leafNode(pair.right))
      if (!isLast) search(pair, task)
    }
    return { tree: { nodes }, leaves }
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
