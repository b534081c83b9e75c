import { type FeatureColumn, lengthOf } from '../trees/dataset.ts'

interface GoldenTensor {
  readonly datatype: 'FP32' | 'BYTES'
  readonly shape: readonly [rows: number, columns: number]
  readonly data: readonly (number | string | null)[]
}

/** Inputs with the outputs that the trainer gave for them; a node must come to the same before it serves. */
export interface Golden {
  readonly inputs: Readonly<Record<string, GoldenTensor>>
  readonly outputs: Readonly<Record<string, GoldenTensor>>
  readonly tolerance: { readonly absolute: number; readonly relative: number }
}

/** @param scores - of each row of the columns as many as the output has columns; row-major */
export function goldenOf(features: readonly FeatureColumn[], output: string, scores: Float64Array): Golden {
  const rowCount = lengthOf(features[0]!)
  return {
    inputs: Object.fromEntries(features.map((column) => [column.name, inputOf(column)])),
    outputs: { [output]: { datatype: 'FP32', shape: [rowCount, scores.length / rowCount], data: [...scores] } },
    tolerance: { absolute: 1e-5, relative: 1e-5 },
  }
}

function inputOf(column: FeatureColumn): GoldenTensor {
  if (column.kind === 'numerical') {
    // JSON has no NaN; null stands for it, as in the Open Inference Protocol of our nodes.
    const data = [...column.values].map((value) => (Number.isNaN(value) ? null : value))
    return { datatype: 'FP32', shape: [data.length, 1], data }
  }
  // The model takes a text that it does not know for missing, and the empty text is none that it knows.
  const data = [...column.codes].map((code) => column.categories[code] ?? '')
  return { datatype: 'BYTES', shape: [data.length, 1], data }
}
