import type { FeatureColumn } from '@evenkeel/numerics'

interface GoldenTensor {
  readonly datatype: 'FP32' | 'BYTES'
  readonly shape: readonly [rows: number, columns: 1]
  readonly data: readonly (number | string | null)[]
}

/** Inputs with the outputs that the trainer gave for them; a node must come to the same before it serves. */
export interface Golden {
  readonly inputs: Readonly<Record<string, GoldenTensor>>
  readonly outputs: Readonly<Record<string, GoldenTensor>>
  readonly tolerance: { readonly absolute: number; readonly relative: number }
}

/** @param scores - one per row of the columns */
export function goldenOf(features: readonly FeatureColumn[], output: string, scores: Float64Array): Golden {
  return {
    inputs: Object.fromEntries(features.map((column) => [column.name, inputOf(column)])),
    outputs: { [output]: { datatype: 'FP32', shape: [scores.length, 1], data: [...scores] } },
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
