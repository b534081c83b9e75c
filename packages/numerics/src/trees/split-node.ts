import { binStride } from './binning.ts'
import { type Candidate, goesLeft } from './candidates.ts'
import type { BestSplit } from './explore.ts'
import type { TreeNode } from './model.ts'
import type { Workspace } from './workspace.ts'

const largestFloat32 = 3.4028234663852886e38

/** A side of a split: its node in the tree, and the training rows that reach it. */
interface Child {
  readonly node: number
  readonly rowCount: number
}

/** Puts a split of bins into the terms of the model: a threshold, or category codes. */
export function splitNode(
  workspace: Workspace,
  { feature, candidate }: BestSplit,
  left: Child,
  right: Child,
): TreeNode {
  const split = {
    feature,
    gain: candidate.gain,
    rowCount: left.rowCount + right.rowCount,
    left: left.node,
    right: right.node,
  }
  if (workspace.categoryCounts[feature]! > 0) {
    return { ...split, kind: 'categorical', codes: leftCodes(workspace, feature, candidate) }
  }
  const missingLeft = missingGoesLeft(candidate, left.rowCount, right.rowCount)
  return { ...split, kind: 'numerical', threshold: thresholdOf(workspace, feature, candidate), missingLeft }
}

/** A value that is missing for the first time after training goes with the majority. */
export function missingGoesLeft({ missing }: Candidate, leftCount: number, rightCount: number): boolean {
  return missing === 'undecided' ? leftCount >= rightCount : missing === 'left'
}

function leftCodes({ binCodes, binCounts }: Workspace, feature: number, candidate: Candidate): number[] {
  const codes: number[] = []
  for (let bin = 1; bin < binCounts[feature]!; bin++) {
    if (goesLeft(candidate, bin)) codes.push(binCodes[feature * binStride + bin]!)
  }
  return codes.sort((a, b) => a - b)
}

function thresholdOf(workspace: Workspace, feature: number, { thresholdBin }: Candidate): number {
  const lastValueBin = workspace.binCounts[feature]! - (workspace.missingBins[feature]! < 0 ? 1 : 2)
  // The last bin has no upper bound: every value goes left, only what is missing goes right.
  return thresholdBin < lastValueBin ? workspace.thresholds[feature * binStride + thresholdBin]! : largestFloat32
}
