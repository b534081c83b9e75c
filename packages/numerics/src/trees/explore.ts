import { type Candidate, readCandidate, readGain, writeCandidate } from './candidates.ts'
import { collect } from './histogram.ts'
import { featuresPerCall, featuresPerWord, histogramStride, type Kernels } from './kernel.ts'
import type { Run } from './own-rows.ts'
import { searchCategorical } from './search-categorical.ts'
import { searchNumerical } from './search-numerical.ts'
import type { LeafSums } from './split-search.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

/** A leaf, and which of the leaf histograms is its own. */
export interface SearchedLeaf extends LeafSums {
  readonly slot: number
}

/** What a tree is grown on. */
export interface TreeTask {
  /** Gradient and hessian side by side per row. */
  readonly gradients: Float32Array
  /** Indices of the features drawn for this tree, ascending. */
  readonly features: readonly number[]
}

export interface BestSplit {
  readonly feature: number
  readonly candidate: Candidate
}

/** Histograms and split search. Every member calls the same functions with the same arguments, and gets the same. */
export function createExplorer(workspace: Workspace, team: Team, kernels: Kernels) {
  const { plan, binWords, partials, order, binCounts, missingBins, categoryCounts, candidates } = workspace
  const leafLength = binWords.length * featuresPerWord * histogramStride
  const featureCount = categoryCounts.length

  function collectOwn(feature: number, small: SearchedLeaf, large?: SearchedLeaf): void {
    collect(partsOf(feature), histogramOf(small.slot, feature), large && histogramOf(large.slot, feature))
  }

  function partsOf(feature: number): Float64Array[] {
    const at = feature * histogramStride
    return partials.map((partial) => partial.subarray(at, at + 2 * binCounts[feature]!))
  }

  const histogramAt = (slot: number, feature: number) => slot * leafLength + feature * histogramStride

  function histogramOf(slot: number, feature: number): Float64Array {
    const at = histogramAt(slot, feature)
    return workspace.histograms.subarray(at, at + 2 * binCounts[feature]!)
  }

  function searchOwn(feature: number, leaf: SearchedLeaf, side: number): void {
    const at = histogramAt(leaf.slot, feature)
    const histogram = { sums: workspace.histograms, at, binCount: binCounts[feature]! }
    const isCategorical = categoryCounts[feature]! > 0
    const candidate = isCategorical
      ? searchCategorical(histogram, leaf, plan)
      : searchNumerical(histogram, missingBins[feature]!, leaf, plan)
    writeCandidate(candidates, side * featureCount + feature, candidate)
  }

  function bestOf({ features }: TreeTask, side: number): BestSplit | undefined {
    const gainOf = (feature: number) => readGain(candidates, side * featureCount + feature)
    const feature = features.reduce((best, next) => (gainOf(next) > gainOf(best) ? next : best))
    if (gainOf(feature) === 0) return undefined
    return { feature, candidate: readCandidate(candidates, side * featureCount + feature) }
  }

  return {
    /** Adds rows of this member, given by their places in the order, to its own histograms, eight features at a time. */
    addRows({ start, end }: Run, { gradients, features }: TreeTask): void {
      for (let first = 0; first < featureCount; first += featuresPerCall) {
        const count = Math.min(featuresPerCall, featureCount - first)
        if (!features.some((feature) => feature >= first && feature < first + count)) continue
        const sums = partials[team.member]!.subarray(first * histogramStride, (first + count) * histogramStride)
        sums.fill(0)
        const [low, high] = binWords.slice(first / featuresPerWord)
        kernels.addRows({ low: low!, high: high ?? low!, featureCount: count, order, gradients, sums }, start, end)
      }
    },

    /** Gradient and hessian of the rows that all members have added. */
    sumRows({ features }: TreeTask): Pick<LeafSums, 'gradient' | 'hessian'> {
      const sums = { gradient: 0, hessian: 0 }
      for (const part of partsOf(features[0]!)) {
        for (let at = 0; at < part.length; at += 2) {
          sums.gradient += part[at]!
          sums.hessian += part[at + 1]!
        }
      }
      return sums
    },

    /** Best split of the root, whose rows all members have added. */
    searchRoot(root: SearchedLeaf, task: TreeTask): BestSplit | undefined {
      for (const index of team.deal(task.features.length)) {
        collectOwn(task.features[index]!, root)
        searchOwn(task.features[index]!, root, 0)
      }
      team.meet()
      return bestOf(task, 0)
    },

    /**
     * Best splits of two new leaves. All members have added the rows of the first; the slot of the second holds the
     * histograms of the leaf they came from.
     */
    searchPair(
      added: SearchedLeaf,
      other: SearchedLeaf,
      task: TreeTask,
    ): readonly [added: BestSplit | undefined, other: BestSplit | undefined] {
      for (const index of team.deal(task.features.length)) {
        collectOwn(task.features[index]!, added, other)
        searchOwn(task.features[index]!, added, 0)
        searchOwn(task.features[index]!, other, 1)
      }
      team.meet()
      return [bestOf(task, 0), bestOf(task, 1)]
    },
  }
}
