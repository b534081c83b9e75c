import { alignColumns } from './columns.ts'
import type { FeatureColumn, TreeDataset } from './dataset.ts'

export type Floats = Float32Array<SharedArrayBuffer>
export type Doubles = Float64Array<SharedArrayBuffer>
export type Integers = Int32Array<SharedArrayBuffer>

/** Values of a feature, a float32 or `NaN`; or its category codes, -1 when missing. */
export type TrainingColumn = Floats | Integers

export interface TrainingRows {
  readonly columns: readonly TrainingColumn[]
  readonly labels: Doubles
}

/** Feature values as float32: a number or `NaN`; a category code of the training set or -1. */
export interface Rows {
  readonly columns: readonly Floats[]
  readonly labels: Doubles
}

/** Brings a training set into shared memory; what lies there as the trainer wants it stays where it is. */
export function shareRows({ features, labels }: TreeDataset): TrainingRows {
  return { columns: features.map(shareColumn), labels: shareLabels(labels) }
}

function shareColumn(column: FeatureColumn): TrainingColumn {
  const values = column.kind === 'categorical' ? column.codes : column.values
  if (!(values instanceof Float64Array) && isShared(values)) return values
  const shared = column.kind === 'categorical' ? integers(values.length) : floats(values.length)
  shared.set(values)
  return shared
}

function shareLabels(labels: Float64Array): Doubles {
  if (isShared(labels)) return labels
  const shared = doubles(labels.length)
  shared.set(labels)
  return shared
}

const isShared = (values: Float32Array | Float64Array | Int32Array): values is Floats | Doubles | Integers =>
  values.buffer instanceof SharedArrayBuffer

/** Brings a validation set into shared memory, in the sequence and the category codes of the training set. */
export function alignRows(expected: readonly FeatureColumn[], { features, labels }: TreeDataset): Rows {
  return { columns: alignColumns(expected, features, labels.length, floats), labels: shareLabels(labels) }
}

export const floats = (length: number): Floats => new Float32Array(new SharedArrayBuffer(4 * length))
export const doubles = (length: number): Doubles => new Float64Array(new SharedArrayBuffer(8 * length))
export const integers = (length: number): Integers => new Int32Array(new SharedArrayBuffer(4 * length))
