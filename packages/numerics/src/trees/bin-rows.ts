import { binnedCategories, binOf, binStride, binThresholds } from './binning.ts'
import { featuresPerWord } from './kernel.ts'
import { uniformAt } from './random.ts'
import type { TrainingColumn } from './shared-rows.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

/** Bins are laid out on a sample of this size, as in LightGBM (`bin_construct_sample_cnt`). */
const sampleSize = 200_000

/** Lays out the bins of every feature, then writes the bins of every training row; all members together. */
export function binRows(workspace: Workspace, team: Team): void {
  const { categoryCounts, training } = workspace
  for (let feature = team.member; feature < categoryCounts.length; feature += team.size) {
    if (categoryCounts[feature]! > 0) layOutCategories(workspace, feature)
    else layOutValues(workspace, feature)
  }
  team.meet()
  const [start, end] = team.part(0, training.labels.length)
  for (const [feature, categoryCount] of categoryCounts.entries()) {
    if (categoryCount > 0) assignCategories(workspace, feature, start, end)
    else assignValues(workspace, feature, start, end)
  }
  for (const [index, words] of workspace.binWords.entries()) {
    pack(workspace.bins.slice(index * featuresPerWord, (index + 1) * featuresPerWord), words, start, end)
  }
  team.meet()
}

function layOutValues({ plan, training, thresholds, binCounts, missingBins }: Workspace, feature: number): void {
  const column = training.columns[feature]!
  const present = withoutMissing(column)
  const found = binThresholds(sample(present, plan.seed).sort())
  const hasMissing = present.length < column.length
  thresholds.set(found, feature * binStride)
  binCounts[feature] = found.length + (hasMissing ? 2 : 1)
  missingBins[feature] = hasMissing ? found.length + 1 : -1
}

function withoutMissing(column: TrainingColumn): Float32Array {
  const present = new Float32Array(column.length)
  let count = 0
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!
    if (!Number.isNaN(value)) present[count++] = value
  }
  return present.subarray(0, count)
}

function sample(values: Float32Array, seed: number): Float32Array {
  const share = sampleSize / values.length
  if (share >= 1) return values
  let count = 0
  for (let index = 0; index < values.length; index++) {
    // What is overwritten has been looked at before.
    if (uniformAt(seed, 0, index) < share) values[count++] = values[index]!
  }
  return values.subarray(0, count)
}

function layOutCategories({ training, categoryCounts, binCodes, binCounts }: Workspace, feature: number): void {
  const counts = new Int32Array(categoryCounts[feature]!)
  const column = training.columns[feature]!
  for (let row = 0; row < column.length; row++) if (column[row]! >= 0) counts[column[row]!]!++
  const codes = binnedCategories(counts)
  binCodes.set(codes, feature * binStride + 1)
  binCounts[feature] = codes.length + 1
}

function assignValues(workspace: Workspace, feature: number, start: number, end: number): void {
  const column = workspace.training.columns[feature]!
  const bins = workspace.bins[feature]!
  const missingBin = workspace.missingBins[feature]!
  const thresholdCount = workspace.binCounts[feature]! - (missingBin < 0 ? 1 : 2)
  const thresholds = workspace.thresholds.subarray(feature * binStride, feature * binStride + thresholdCount)
  for (let row = start; row < end; row++) {
    const value = column[row]!
    bins[row] = Number.isNaN(value) ? missingBin : binOf(value, thresholds)
  }
}

function assignCategories(workspace: Workspace, feature: number, start: number, end: number): void {
  const column = workspace.training.columns[feature]!
  const bins = workspace.bins[feature]!
  const binOfCode = new Uint8Array(workspace.categoryCounts[feature]!)
  for (let bin = 1; bin < workspace.binCounts[feature]!; bin++) {
    binOfCode[workspace.binCodes[feature * binStride + bin]!] = bin
  }
  for (let row = start; row < end; row++) bins[row] = column[row]! < 0 ? 0 : binOfCode[column[row]!]!
}

function pack(columns: readonly Uint8Array[], words: Uint32Array, start: number, end: number): void {
  for (const [lane, bins] of columns.entries()) {
    for (let row = start; row < end; row++) words[row]! |= bins[row]! << (8 * lane)
  }
}
