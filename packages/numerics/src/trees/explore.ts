import { type Candidate, readCandidate, readGain, writeCandidate } from './candidates.ts'
import { collect } from './histogram.ts'
import { featuresPerCall, featuresPerWord, histogramStride, type Kernels } from './kernel.ts'
import { searchCategorical } from './search-categorical.ts'
import { searchNumerical } from './search-numerical.ts'
import type { LeafSums } from './split-search.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

/** Rows `[start, end)` of the order, and which of the leaf histograms is theirs. */
export interface LeafRows {
  readonly start: number
  readonly end: number
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

  /** Adds this member's share of the rows to its own histograms, eight features at a time. */
  function addOwnRows({ start, end }: LeafRows, { gradients, features }: TreeTask): void {
    const [from, to] = team.part(start, end)
    for (let first = 0; first < featureCount; first += featuresPerCall) {
      const count = Math.min(featuresPerCall, featureCount - first)
      if (!features.some((feature) => feature >= first && feature < first + count)) continue
      const sums = partials[team.member]!.subarray(first * histogramStride, (first + count) * histogramStride)
      sums.fill(0)
      const [low, high] = binWords.slice(first / featuresPerWord)
      kernels.addRows({ low: low!, high: high ?? low!, featureCount: count, order, gradients, sums }, from, to)
    }
    team.meet()
  }

  function* ownFeatures({ features }: TreeTask): Generator<number> {
    for (let index = team.member; index < features.length; index += team.size) yield features[index]!
  }

  const histogramAt = (slot: number, feature: number) => slot * leafLength + feature * histogramStride

  function histogramOf(slot: number, feature: number): Float64Array {
    const at = histogramAt(slot, feature)
    return workspace.histograms.subarray(at, at + 2 * binCounts[feature]!)
  }

  function collectOwn(feature: number, small: LeafRows, large?: LeafRows): void {
    const at = feature * histogramStride
    const parts = partials.map((partial) => partial.subarray(at, at + 2 * binCounts[feature]!))
    collect(parts, histogramOf(small.slot, feature), large && histogramOf(large.slot, feature))
  }

  function searchOwn(feature: number, leaf: LeafRows & LeafSums, side: number): void {
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
    /** Sums over the rows of the root, whose histograms are filled. */
    sumRoot(root: LeafRows, task: TreeTask): LeafSums {
      addOwnRows(root, task)
      for (const feature of ownFeatures(task)) collectOwn(feature, root)
      team.meet()
      let gradient = 0
      let hessian = 0
      const sums = histogramOf(root.slot, task.features[0]!)
      for (let at = 0; at < sums.length; at += 2) {
        gradient += sums[at]!
        hessian += sums[at + 1]!
      }
      return { gradient, hessian, rowCount: root.end - root.start }
    },

    searchRoot(root: LeafRows & LeafSums, task: TreeTask): BestSplit | undefined {
      for (const feature of ownFeatures(task)) searchOwn(feature, root, 0)
      team.meet()
      return bestOf(task, 0)
    },

    /** Best splits of two new leaves. The slot of the larger one holds the histograms of the leaf they came from. */
    searchPair(
      small: LeafRows & LeafSums,
      large: LeafRows & LeafSums,
      task: TreeTask,
    ): readonly [small: BestSplit | undefined, large: BestSplit | undefined] {
      addOwnRows(small, task)
      for (const feature of ownFeatures(task)) {
        collectOwn(feature, small, large)
        searchOwn(feature, small, 0)
        searchOwn(feature, large, 1)
      }
      team.meet()
      return [bestOf(task, 0), bestOf(task, 1)]
    },
  }
}
