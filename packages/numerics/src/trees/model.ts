import type { Loss } from './options.ts'

/** A plain JSON value: it survives `JSON.parse(JSON.stringify(model))` unchanged. */
export interface TreeModel {
  readonly format: 'evenkeel.trees/1'
  readonly loss: Loss
  /** Scores per row: the class count for softmax, else 1. */
  readonly outputCount: number
  readonly features: readonly ModelFeature[]
  /** Raw score of each output before the first tree. */
  readonly baseScores: readonly number[]
  /** Round after round; tree `i` adds to output `i % outputCount`. */
  readonly trees: readonly Tree[]
}

/** What a column must be called and be like. */
export type FeatureSpec = { readonly name: string } & (
  | { readonly kind: 'numerical' }
  | { readonly kind: 'categorical'; readonly categories: readonly string[] }
)

/** A feature that the model expects, with the sum of the gains of its splits and their number. */
export type ModelFeature = FeatureSpec & { readonly gain: number; readonly splitCount: number }

/** The root is node 0; children point into the same list. */
export interface Tree {
  readonly nodes: readonly TreeNode[]
}

/** `rowCount` counts the training rows that reached the node. */
export type TreeNode =
  | { readonly kind: 'leaf'; readonly value: number; readonly rowCount: number }
  | NumericalSplit
  | CategoricalSplit

interface Split {
  /** Index into the features of the model. */
  readonly feature: number
  /** How much the split lowered the loss on the training rows, up to the factor 1/2. */
  readonly gain: number
  readonly rowCount: number
  readonly left: number
  readonly right: number
}

/** Left when the value, as float32, is at most the threshold, which is a float32 itself. */
export interface NumericalSplit extends Split {
  readonly kind: 'numerical'
  readonly threshold: number
  readonly missingLeft: boolean
}

/** Left when the category is one of these codes; missing and unseen categories go right. */
export interface CategoricalSplit extends Split {
  readonly kind: 'categorical'
  readonly codes: readonly number[]
}
