import { availableParallelism } from 'node:os'
import type { TreeDataset } from './dataset.ts'

/** What the trees learn to lower: log loss of 0/1, half the squared error, or log loss over classes. */
export type Loss = 'logistic' | 'squared' | 'softmax'

/** How to grow. Defaults and meaning follow LightGBM. */
export interface TreeOptions {
  readonly loss: Loss
  /** Number of classes, >= 2; only for softmax, which grows one tree per class in each round. */
  readonly classCount?: number
  /** Boosting rounds, >= 1. */
  readonly treeCount: number
  /** Most leaves of one tree, >= 2; the leaf with the largest gain splits first. */
  readonly leafCount: number
  /** Share of each leaf value that is kept, in (0, 1]. */
  readonly learningRate: number
  /** Most splits on the way to a leaf, >= 1; no limit when absent. */
  readonly maxDepth?: number
  /** Fewest rows of a leaf, >= 1, default 20. Estimated from the hessian, as in LightGBM: exact for the squared loss. */
  readonly minRowsPerLeaf?: number
  /** Added to the sum of hessians of every leaf, >= 0, default 0. */
  readonly lambdaL2?: number
  /** Share of rows drawn for each round without replacement, in (0, 1], default 1. */
  readonly rowShare?: number
  /** Share of features drawn for each tree, in (0, 1], default 1. */
  readonly featureShare?: number
  /** Any integer, of which the low 32 bits count. Equal data, options and seed give an equal model, on any number of threads. */
  readonly seed: number
  /** Worker threads, >= 1; by default one per core, and fewer where the rows are few. */
  readonly threadCount?: number
  /** Stops when the validation loss has not improved for `rounds` rounds, and keeps the best round. */
  readonly earlyStopping?: { readonly rounds: number; readonly validation: TreeDataset }
}

/** The options with every default filled in, as the workers see them. */
export interface GrowthPlan {
  readonly loss: Loss
  /** Trees per round and scores per row: the class count for softmax, else 1. */
  readonly outputCount: number
  readonly treeCount: number
  readonly leafCount: number
  readonly learningRate: number
  readonly maxDepth: number
  readonly minRowsPerLeaf: number
  readonly lambdaL2: number
  readonly rowShare: number
  readonly featureShare: number
  readonly seed: number
  readonly threadCount: number
  /** Rounds without improvement before the end; 0 when there is no validation set. */
  readonly patience: number
}

const rowsWorthAThread = 8192

/** Checks the options and fills in the defaults. @throws RangeError naming the option and its range */
export function planGrowth(options: TreeOptions, rowCount: number): GrowthPlan {
  const threadsWorthIt = Math.max(1, Math.ceil(rowCount / rowsWorthAThread))
  return {
    loss: options.loss,
    outputCount: outputCountOf(options),
    treeCount: wholeNumber('treeCount', options.treeCount, 1),
    leafCount: wholeNumber('leafCount', options.leafCount, 2),
    learningRate: share('learningRate', options.learningRate),
    maxDepth: wholeNumber('maxDepth', options.maxDepth ?? options.leafCount, 1),
    minRowsPerLeaf: wholeNumber('minRowsPerLeaf', options.minRowsPerLeaf ?? 20, 1),
    lambdaL2: atLeastZero('lambdaL2', options.lambdaL2 ?? 0),
    rowShare: share('rowShare', options.rowShare ?? 1),
    featureShare: share('featureShare', options.featureShare ?? 1),
    seed: wholeNumber('seed', options.seed, Number.MIN_SAFE_INTEGER),
    threadCount: Math.min(threadsWorthIt, wholeNumber('threadCount', options.threadCount ?? availableParallelism(), 1)),
    patience: options.earlyStopping ? wholeNumber('earlyStopping.rounds', options.earlyStopping.rounds, 1) : 0,
  }
}

function outputCountOf({ loss, classCount }: TreeOptions): number {
  if (loss === 'softmax') return wholeNumber('classCount', classCount ?? Number.NaN, 2)
  if (classCount === undefined) return 1
  throw new RangeError(`trees: classCount is ${classCount}, but the ${loss} loss has no classes; leave it out`)
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`trees: ${name} is ${value}; give a whole number of at least ${least}`)
}

function share(name: string, value: number): number {
  if (value > 0 && value <= 1) return value
  throw new RangeError(`trees: ${name} is ${value}; give a number above 0 and up to 1`)
}

function atLeastZero(name: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value
  throw new RangeError(`trees: ${name} is ${value}; give a finite number of at least 0`)
}
