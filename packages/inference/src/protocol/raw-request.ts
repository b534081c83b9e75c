import { readBinaryData } from './binary-data.ts'
import { badRequest } from './refusal.ts'
import type { InferRequest } from './request.ts'
import { elementBytes, type TensorSpec } from './tensor.ts'

/**
 * A request whose whole body is the bytes of the only input, as a batch of one; all outputs come back in binary.
 *
 * @throws Refusal (400) when the model has several inputs, or its shape leaves more than one length open
 */
export function rawRequest(body: Buffer, modelInputs: readonly TensorSpec[]): InferRequest {
  const [input] = modelInputs
  if (!input || modelInputs.length > 1) {
    throw badRequest(`A raw binary request needs a model with exactly one input; this one has ${modelInputs.length}.`)
  }
  const { name, datatype } = input
  const shape = rawShape(input, body.length)
  const count = shape.reduce((product, length) => product * length, 1)
  const bytes = datatype === 'BYTES' ? Buffer.concat([lengthPrefix(body), body]) : body
  const tensor = { datatype, shape, data: readBinaryData(name, datatype, count, bytes) }
  return { id: undefined, parameters: {}, inputs: new Map([[name, tensor]]), outputs: [], binaryByDefault: true }
}

function rawShape({ name, datatype, shape }: TensorSpec, bodyBytes: number): number[] {
  const [, ...rest] = shape
  if (datatype === 'BYTES') return [1, ...rest.map(() => 1)]
  const open = rest.filter((length) => length < 0).length
  if (open > 1) throw badRequest(`Input "${name}" has ${open} open dimensions; a raw binary request allows one.`)
  const fixed = rest.reduce((product, length) => product * Math.max(length, 1), 1)
  return [1, ...rest.map((length) => (length < 0 ? Math.floor(bodyBytes / elementBytes[datatype] / fixed) : length))]
}

function lengthPrefix(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return length
}
