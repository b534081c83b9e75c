import { binStride } from './binning.ts'
import { candidateStride } from './candidates.ts'
import { createArena } from './arena.ts'
import type { TreeDataset } from './dataset.ts'
import { allRows } from './flat-tree.ts'
import { featuresPerWord, histogramStride } from './kernel.ts'
import { baseScoresOf } from './loss.ts'
import type { GrowthPlan } from './options.ts'
import {
  alignRows,
  type Doubles,
  doubles,
  type Floats,
  floats,
  type Integers,
  integers,
  type Rows,
  shareRows,
  type TrainingRows,
} from './shared-rows.ts'
import { meetingLength } from './team.ts'

type Bytes = Uint8Array<SharedArrayBuffer>
type Words = Uint32Array<SharedArrayBuffer>

/** All that the threads of one training share. Plain data over shared memory, so that it can be posted to them. */
export interface Workspace {
  readonly plan: GrowthPlan
  /** Number of categories per feature; 0 for a numerical one. */
  readonly categoryCounts: readonly number[]
  readonly baseScores: readonly number[]
  readonly training: TrainingRows
  readonly validation: Rows | undefined
  /** Where the threads meet. */
  readonly meeting: Integers
  /** The memory of the kernels; it holds the next seven. */
  readonly memory: WebAssembly.Memory
  /** Bin of every row, per feature. */
  readonly bins: readonly Bytes[]
  /** The same, four features to a word with the first in the lowest byte. */
  readonly binWords: readonly Words[]
  /** Row numbers: thread after thread, and within each leaf after leaf. */
  readonly order: Words
  readonly scratch: Words
  /** Gradient and hessian side by side per row; per output. */
  readonly gradients: readonly Floats[]
  /** Gradient and hessian per feature and bin, before they are added up; per thread. */
  readonly partials: readonly Doubles[]
  /** Which bins of the split at hand go left, 1 or 0; per thread. */
  readonly leftOfBin: readonly Bytes[]
  /** Bins in use per feature, the missing bin included. */
  readonly binCounts: Integers
  /** The bin of NaN per numerical feature; -1 when no training row lacks the value. */
  readonly missingBins: Integers
  /** Upper bounds of the value bins of numerical feature `f`, from `f * binStride`. */
  readonly thresholds: Floats
  /** Category code of each bin of categorical feature `f`, from `f * binStride`; bin 0 has none. */
  readonly binCodes: Integers
  /** Raw scores, output after output. */
  readonly scores: Doubles
  readonly validationScores: Doubles
  /** Row numbers of the validation set. */
  readonly validationOrder: Uint32Array
  /** Loss of the validation set per block of rows: added up in a fixed sequence, whoever worked them out. */
  readonly blockLosses: Doubles
  /** Gradient and hessian per leaf, feature and bin. */
  readonly histograms: Doubles
  /** Best split per feature of the added and then of the other new leaf. */
  readonly candidates: Doubles
}

export const rowsPerLossBlock = 4096

/** Brings the data into shared memory if it is not there, and lays out the rest, which costs no memory until it is used. */
export function createWorkspace(
  plan: GrowthPlan,
  { features, labels }: TreeDataset,
  validation: TreeDataset | undefined,
): Workspace {
  const featureCount = features.length
  const rowCount = labels.length
  const validationRows = validation?.labels.length ?? 0
  const wordCount = Math.ceil(featureCount / featuresPerWord)
  const histogramLength = wordCount * featuresPerWord * histogramStride
  const arena = createArena()
  const baseScores = baseScoresOf(labels, plan)
  return {
    plan,
    categoryCounts: features.map((column) => (column.kind === 'categorical' ? column.categories.length : 0)),
    baseScores,
    training: shareRows({ features, labels }),
    validation: validation && alignRows(features, validation),
    meeting: integers(meetingLength(plan.threadCount)),
    memory: arena.memory,
    bins: repeat(featureCount, () => arena.bytes(rowCount)),
    binWords: repeat(wordCount, () => arena.words(rowCount)),
    order: arena.words(rowCount),
    scratch: arena.words(rowCount),
    gradients: repeat(plan.outputCount, () => arena.floats(2 * rowCount)),
    partials: repeat(plan.threadCount, () => arena.doubles(histogramLength)),
    leftOfBin: repeat(plan.threadCount, () => arena.bytes(binStride)),
    binCounts: integers(featureCount),
    missingBins: integers(featureCount),
    thresholds: floats(featureCount * binStride),
    binCodes: integers(featureCount * binStride),
    scores: repeatEach(baseScores, rowCount),
    validationScores: repeatEach(baseScores, validationRows),
    validationOrder: allRows(validationRows),
    blockLosses: doubles(Math.ceil(validationRows / rowsPerLossBlock)),
    histograms: doubles(plan.leafCount * histogramLength),
    candidates: doubles(2 * featureCount * candidateStride),
  }
}

function repeatEach(values: readonly number[], count: number): Doubles {
  const repeated = doubles(values.length * count)
  values.forEach((value, index) => repeated.fill(value, index * count, (index + 1) * count))
  return repeated
}

const repeat = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
