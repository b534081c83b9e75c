import { createHash } from 'node:crypto'
import { z } from 'zod'
import { writeBinaryData } from '../protocol/binary-data.ts'
import { readJsonData } from '../protocol/json-data.ts'
import { type Datatype, datatypes, type Tensor, type Tensors } from '../protocol/tensor.ts'

const GoldenTensor = z.object({
  datatype: z.enum(datatypes),
  shape: z.array(z.int().nonnegative()),
  data: z.array(z.json()),
})

/** Inputs with the outputs that they must give: what a model has to prove before it serves. */
export const Golden = z.object({
  inputs: z.record(z.string(), GoldenTensor),
  outputs: z.record(z.string(), GoldenTensor),
  /** A float agrees within `absolute + relative · |expected|`; everything else must be equal. */
  tolerance: z
    .object({ absolute: z.number().nonnegative().default(1e-6), relative: z.number().nonnegative().default(1e-5) })
    .prefault({}),
})
export type Golden = z.infer<typeof Golden>

export function goldenTensors(tensors: Golden['inputs']): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { datatype, shape, data }]) => {
      const length = shape.reduce((product, dimension) => product * dimension, 1)
      return [name, { datatype, shape, data: readJsonData(name, datatype, length, data) }]
    }),
  )
}

/** What is wrong with the outputs of a model, in a sentence; undefined when they agree. */
export function goldenDifference({ outputs, tolerance }: Golden, actual: Tensors): string | undefined {
  for (const [name, expected] of Object.entries(goldenTensors(outputs))) {
    const got = actual[name]
    if (!got) return `The golden output "${name}" is no output of the model.`
    if (String(got.shape) !== String(expected.shape) || got.datatype !== expected.datatype) {
      return `The output "${name}" is ${got.datatype} [${got.shape.join()}]; expected was ${expected.datatype} [${expected.shape.join()}].`
    }
    const at = Array.from<Element>(expected.data).findIndex((value, i) => !agree(value, got.data[i]!, tolerance))
    if (at >= 0) return `The output "${name}" is ${got.data[at]} at element ${at}; expected was ${expected.data[at]}.`
  }
  return undefined
}

type Element = number | bigint | string

function agree(expected: Element, got: Element, { absolute, relative }: Golden['tolerance']): boolean {
  if (Object.is(expected, got)) return true
  if (typeof expected !== 'number' || typeof got !== 'number') return false
  return Math.abs(expected - got) <= absolute + relative * Math.abs(expected)
}

/** A hash of outputs, bit for bit: nodes with the same hardware should agree. */
export function selfTestHash(outputs: Tensors): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(outputs).toSorted()) hash.update(`${name}\0`).update(writeBinaryData(outputs[name]!))
  return hash.digest('hex')
}

/** Stand-ins where there are no golden inputs: one row of zeros and empty texts. */
export function blankTensor({ datatype, shape }: { datatype: Datatype; shape: readonly number[] }): Tensor {
  const whole = shape.map((length) => Math.max(length, 1))
  const length = whole.reduce((product, dimension) => product * dimension, 1)
  const zero = datatype === 'BYTES' ? '' : 0
  if (datatype === 'FP16') return { datatype, shape: whole, data: new Uint16Array(length) }
  return { datatype, shape: whole, data: readJsonData('blank', datatype, length, Array(length).fill(zero)) }
}
