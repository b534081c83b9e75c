/** A byte holds the bin, so a feature has at most 256: up to 255 for values and one for what is missing. */
export const binStride = 256
const mostValueBins = 255
const fewestRowsPerBin = 3

/**
 * Thresholds that cut a numerical feature into bins of about equal weight: bin `b` holds values up to and with
 * `thresholds[b]`, the last bin the rest. A value frequent enough to fill a bin gets one of its own.
 *
 * @param sorted - values without NaN, ascending, length >= 1
 * @returns thresholds, ascending, at most 254, each a float32 that lies at or above one value and below the next
 * @see LightGBM `GreedyFindBin` in src/io/bin.cpp
 */
export function binThresholds(sorted: Float32Array): Float32Array {
  const { values, counts } = distinct(sorted)
  const last = values.length <= mostValueBins ? lastOfSmallBins(counts) : lastOfEqualBins(counts, sorted.length)
  return Float32Array.from(last, (index) => between(values[index]!, values[index + 1]!))
}

/** A float32 that separates two neighbours; the lower one itself when rounding would reach the upper one. */
function between(lower: number, upper: number): number {
  const middle = Math.fround(lower / 2 + upper / 2)
  return middle < upper && middle >= lower ? middle : lower
}

function distinct(sorted: Float32Array): { values: number[]; counts: number[] } {
  const values: number[] = []
  const counts: number[] = []
  for (const value of sorted) {
    if (value === values.at(-1)) counts[counts.length - 1]!++
    else {
      values.push(value)
      counts.push(1)
    }
  }
  return { values, counts }
}

/** Index of the last distinct value of every bin but the final one, when each value could have a bin of its own. */
function lastOfSmallBins(counts: readonly number[]): number[] {
  const last: number[] = []
  let rows = 0
  for (let index = 0; index < counts.length - 1; index++) {
    rows += counts[index]!
    if (rows < fewestRowsPerBin) continue
    last.push(index)
    rows = 0
  }
  return last
}

function lastOfEqualBins(counts: readonly number[], rowCount: number): number[] {
  const binLimit = Math.max(1, Math.min(mostValueBins, Math.floor(rowCount / fewestRowsPerBin)))
  const isFrequent = counts.map((count) => count >= rowCount / binLimit)
  const frequentRows = counts.reduce((sum, count, index) => sum + (isFrequent[index] ? count : 0), 0)
  let binsLeft = binLimit - isFrequent.filter(Boolean).length
  let rowsLeft = rowCount - frequentRows
  let target = rowsLeft / binsLeft

  const last: number[] = []
  let rows = 0
  for (let index = 0; index < counts.length - 1 && last.length < binLimit - 1; index++) {
    rows += counts[index]!
    if (!isFrequent[index]) rowsLeft -= counts[index]!
    const nextIsFrequent = isFrequent[index + 1] && rows >= Math.max(1, target / 2)
    if (!isFrequent[index] && rows < target && !nextIsFrequent) continue
    last.push(index)
    rows = 0
    if (!isFrequent[index]) target = rowsLeft / --binsLeft
  }
  return last
}

/**
 * The categories that get a bin of their own, most frequent first: bin 1, 2, …. Bin 0 is for missing and all others.
 *
 * @param counts - training rows per category code
 * @returns at most 255 codes, each with at least 3 rows; ties go to the lower code
 */
export function binnedCategories(counts: Int32Array): Int32Array {
  const codes = Int32Array.from(counts.keys()).filter((code) => counts[code]! >= fewestRowsPerBin)
  return codes.sort((a, b) => counts[b]! - counts[a]! || a - b).subarray(0, mostValueBins)
}

/** The bin of a value that is not NaN: the number of thresholds below it. */
export function binOf(value: number, thresholds: Float32Array): number {
  let low = 0
  let high = thresholds.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= thresholds[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
