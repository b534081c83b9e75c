import type { CategoricalSplit } from '../trees/model.ts'

const bitsPerColumn = 4

/** For each of the four bits, the numbers below 16 that have it. */
const numbersWithBit = Array.from({ length: bitsPerColumn }, (_, bit) =>
  Array.from({ length: 2 ** bitsPerColumn }, (_, number) => number).filter((number) => (number >> bit) & 1),
)

/** Answers to every split on one feature: row 0 for missing and unseen categories, row `code + 1` for a category. */
export interface CategoryTable {
  readonly rowCount: number
  readonly columnCount: number
  /** Row-major; each number holds the answers to four splits, one per bit. */
  readonly values: Float32Array
  /** Where a split finds its answer: in this column, where one of these numbers means left. */
  readonly answers: ReadonlyMap<CategoricalSplit, { readonly column: number; readonly numbers: readonly number[] }>
}

/**
 * Turns tests of sets of categories into tests of single bits.
 *
 * onnxruntime searches a large set member by member, but tests one of small numbers with a single mask. So a table holds
 * the answers to all splits for every category, and one look-up per row fetches them.
 *
 * @param splits - all splits on the feature
 * @returns a table of at least one column
 */
export function tabulate(categoryCount: number, splits: readonly CategoricalSplit[]): CategoryTable {
  const rowCount = categoryCount + 1
  const columnCount = Math.max(1, Math.ceil(splits.length / bitsPerColumn))
  const values = new Float32Array(rowCount * columnCount)
  const answers: [CategoricalSplit, { column: number; numbers: number[] }][] = splits.map((split, index) => {
    const column = Math.floor(index / bitsPerColumn)
    const bit = index % bitsPerColumn
    for (const code of split.codes) values[(code + 1) * columnCount + column]! += 2 ** bit
    return [split, { column, numbers: numbersWithBit[bit]! }]
  })
  return { rowCount, columnCount, values, answers: new Map(answers) }
}
