import type { GrowthPlan } from './options.ts'

/** Values are compared as float32, the precision in which ONNX compares them. `NaN` is missing. */
export interface NumericalColumn {
  readonly kind: 'numerical'
  readonly name: string
  readonly values: Float64Array | Float32Array
}

/** `codes[row]` points into `categories`; -1 is missing. */
export interface CategoricalColumn {
  readonly kind: 'categorical'
  readonly name: string
  readonly codes: Int32Array
  readonly categories: readonly string[]
}

export type FeatureColumn = NumericalColumn | CategoricalColumn

/**
 * Columns and labels of equal length. Labels are 0 or 1 (logistic), any number (squared), a class index (softmax).
 *
 * Training reads float32 values, codes and labels over a `SharedArrayBuffer` in place; all else it copies to one.
 */
export interface TreeDataset {
  readonly features: readonly FeatureColumn[]
  readonly labels: Float64Array
}

// The gradient of a label, a difference of two, has to fit a float32.
const largestLabel = 1e38
const largestFloat32 = 3.4028234663852886e38

/**
 * Refuses columns that no tree can be grown on or scored with.
 *
 * @param rowCount - rows that every column must have
 * @throws RangeError naming the column, the row and what to do
 */
export function checkColumns(features: readonly FeatureColumn[], rowCount: number): void {
  const seen = new Set<string>()
  for (const column of features) {
    if (seen.has(column.name)) throw new RangeError(`trees: two columns are called "${column.name}"; rename one`)
    seen.add(column.name)
    checkLength(column, rowCount)
    if (column.kind === 'categorical') checkCodes(column)
  }
}

/** Refuses a data set that cannot be trained on. @throws RangeError naming the column, the row and what to do */
export function checkDataset({ features, labels }: TreeDataset, plan: GrowthPlan): void {
  if (labels.length === 0) throw new RangeError('trees: the data set has no rows; give at least one')
  if (features.length === 0) throw new RangeError('trees: the data set has no feature columns; give at least one')
  checkColumns(features, labels.length)
  features.forEach(checkValues)
  checkLabels(labels, plan)
  if (plan.loss !== 'squared' && labels.every((label) => label === labels[0])) {
    throw new RangeError(
      `trees: every label is ${labels[0]}, so there is nothing to tell apart; add rows of another class`,
    )
  }
}

function checkValues(column: FeatureColumn): void {
  if (column.kind === 'numerical') checkFinite(column)
  const isEmpty = column.kind === 'numerical' ? column.values.every(Number.isNaN) : column.codes.every((c) => c < 0)
  if (!isEmpty) return
  throw new RangeError(`trees: every value of column "${column.name}" is missing; leave the column out`)
}

/** @throws RangeError naming the first row whose label does not suit the loss */
export function checkLabels(labels: Float64Array, { loss, outputCount }: GrowthPlan): void {
  const classCount = Math.max(2, outputCount)
  const isLabel = (label: number) =>
    loss === 'squared' ? Math.abs(label) < largestLabel : Number.isInteger(label) && label >= 0 && label < classCount
  const row = labels.findIndex((label) => !isLabel(label))
  if (row >= 0) {
    const wanted = loss === 'squared' ? 'a number within ±1e38' : `a class from 0 to ${classCount - 1}`
    throw new RangeError(`trees: the label in row ${row} is ${labels[row]}; for the ${loss} loss give ${wanted}`)
  }
}

export function lengthOf(column: FeatureColumn): number {
  return column.kind === 'numerical' ? column.values.length : column.codes.length
}

function checkLength(column: FeatureColumn, rowCount: number): void {
  if (lengthOf(column) === rowCount) return
  throw new RangeError(
    `trees: column "${column.name}" has ${lengthOf(column)} rows, but ${rowCount} were expected; give every column one value per row`,
  )
}

function checkCodes({ name, codes, categories }: CategoricalColumn): void {
  if (new Set(categories).size !== categories.length) {
    throw new RangeError(`trees: column "${name}" lists a category twice; categories must be distinct`)
  }
  const row = codes.findIndex((code) => code < -1 || code >= categories.length)
  if (row < 0) return
  throw new RangeError(
    `trees: column "${name}" has code ${codes[row]} in row ${row}, but ${categories.length} categories; use -1 for missing`,
  )
}

function checkFinite({ name, values }: NumericalColumn): void {
  for (let row = 0; row < values.length; row++) {
    if (Math.abs(values[row]!) > largestFloat32) {
      throw new RangeError(
        `trees: column "${name}" has ${values[row]} in row ${row}, beyond float32; use NaN for missing or clip it`,
      )
    }
  }
}
