import { type CategoricalColumn, checkColumns, type FeatureColumn, lengthOf } from './dataset.ts'
import type { FeatureSpec } from './model.ts'

/**
 * Brings columns into the sequence, the category codes and the precision of the model.
 *
 * @param allocate - makes the column that is returned: a float32 per row, a number or `NaN`; a category code or -1
 * @throws RangeError when a column is missing, of another kind or of another length
 */
export function alignColumns<T extends Float32Array>(
  expected: readonly FeatureSpec[],
  given: readonly FeatureColumn[],
  rowCount: number,
  allocate: (length: number) => T,
): T[] {
  checkColumns(given, rowCount)
  const byName = new Map(given.map((column) => [column.name, column]))
  return expected.map((feature) => {
    const column = byName.get(feature.name)
    if (!column) throw new RangeError(`trees: column "${feature.name}" is missing; give every feature of the model`)
    return align(feature, column, allocate(lengthOf(column)))
  })
}

function align<T extends Float32Array>(feature: FeatureSpec, column: FeatureColumn, out: T): T {
  if (feature.kind === 'categorical' && column.kind === 'categorical') recode(column, feature.categories, out)
  else if (feature.kind === 'numerical' && column.kind === 'numerical') out.set(column.values)
  else {
    const { name, kind } = feature
    throw new RangeError(`trees: column "${name}" is ${column.kind}, but the model knows it as ${kind}; convert it`)
  }
  return out
}

function recode({ codes, categories }: CategoricalColumn, known: readonly string[], out: Float32Array): void {
  const codeOf = new Map(known.map((category, code) => [category, code]))
  const recoded = Float32Array.from(categories, (category) => codeOf.get(category) ?? -1)
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!
    out[row] = code < 0 ? -1 : recoded[code]!
  }
}
