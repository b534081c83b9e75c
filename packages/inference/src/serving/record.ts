import type { PredictionRecord } from '@evenkeel/contract'
import type { ModelSignature } from '../models/session.ts'
import { rowWidth, type Tensor, type Tensors } from '../protocol/tensor.ts'

type Value = PredictionRecord['features'][string]

/** Wider inputs (images, embeddings) are left out of the record. */
const widestRecorded = 256
/** Longer texts are recorded without their end. */
const longestRecorded = 10_000

/**
 * One row of the inputs as they are recorded: by name, or `name[i]` for an input of several values per row. What is
 * not finite is null, and so are halves (FP16).
 */
export function featuresOf(inputs: Tensors, row: number): Record<string, Value> {
  const features: Record<string, Value> = {}
  for (const name in inputs) {
    const tensor = inputs[name]!
    const width = rowWidth(tensor.shape)
    if (width === 1) features[name] = valueOf(tensor, row)
    else if (width <= widestRecorded) {
      for (let i = 0; i < width; i++) features[`${name}[${i}]`] = valueOf(tensor, row * width + i)
    }
  }
  return features
}

function valueOf({ datatype, data }: Tensor, at: number): Value {
  const value = data[at]
  if (datatype === 'FP16') return null
  if (typeof value === 'number') return datatype === 'BOOL' ? value === 1 : Number.isFinite(value) ? value : null
  if (typeof value === 'string') return value.slice(0, longestRecorded).toWellFormed()
  if (value === undefined) return null
  return BigInt(Number(value)) === value ? Number(value) : String(value)
}

/** The output that is the score: the first float with one value per row, or with two, of which the second counts. */
export function scoreOutputOf({ outputs, batchable }: ModelSignature): string | undefined {
  if (!batchable) return undefined
  const floats = outputs.filter(
    ({ datatype, shape }) => /^FP(32|64)$/.test(datatype) && shape.slice(1).every((n) => n > 0),
  )
  return floats.find(({ shape }) => rowWidth(shape) <= 2)?.name
}

/** The score of a row; null when there is none, or it is not finite. */
export function scoreOf(output: Tensor | undefined, row: number): number | null {
  if (!output) return null
  const width = rowWidth(output.shape)
  const score = output.data[row * width + width - 1]
  return typeof score === 'number' && Number.isFinite(score) ? score : null
}
