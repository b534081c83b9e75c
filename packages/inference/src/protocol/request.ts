import type { OipParameters } from '@evenkeel/contract'
import { readBinaryData } from './binary-data.ts'
import { parseJson, parseJsonExactly } from './json-body.ts'
import { readJsonData } from './json-data.ts'
import { isObject, parameter, readParameters } from './parameters.ts'
import { rawRequest } from './raw-request.ts'
import { badRequest } from './refusal.ts'
import { type Datatype, datatypes, elementBytes, type Tensor, type TensorSpec } from './tensor.ts'

export interface RequestedOutput {
  readonly name: string
  readonly binary: boolean
}

/** An infer request, decoded. Its tensors agree with themselves; whether they fit a model is not known yet. */
export interface InferRequest {
  readonly id: string | undefined
  readonly parameters: OipParameters
  readonly inputs: ReadonlyMap<string, Tensor>
  /** Empty means all. */
  readonly outputs: readonly RequestedOutput[]
  /** How outputs travel that are not named in `outputs`. */
  readonly binaryByDefault: boolean
}

/** The control plane takes no record with a longer id. */
const longestId = 200
const maxElements = 2 ** 31 - 1

/**
 * Decodes the body of an infer request: JSON, then the binary tensors in the order of the JSON.
 *
 * @param headerLength - value of `Inference-Header-Content-Length`: the bytes of JSON; 0 for one raw input
 * @param modelInputs - what the model asks for; only a raw request needs it
 * @throws Refusal (400, 501) that says what is wrong
 */
export function decodeRequest(
  body: Buffer,
  headerLength: string | undefined,
  modelInputs: readonly TensorSpec[],
): InferRequest {
  const jsonBytes = headerLength === undefined ? body.length : readHeaderLength(headerLength, body.length)
  if (jsonBytes === 0 && headerLength !== undefined) return rawRequest(body, modelInputs)
  const header = body.subarray(0, jsonBytes)
  const json = readObject(header)
  const binary = { bytes: body.subarray(jsonBytes), at: 0 }
  const inputs = readInputs(json['inputs'], binary)
  if (binary.at !== binary.bytes.length) {
    throw badRequest(`${binary.bytes.length - binary.at} bytes are left over after the last binary tensor.`)
  }
  const parameters = readParameters('the request', json['parameters'])
  const binaryByDefault = parameter(parameters, 'binary_data_output', 'boolean') ?? false
  const outputs = readOutputs(json['outputs'], binaryByDefault)
  return { id: readId(json['id']), parameters, inputs, outputs, binaryByDefault }
}

function readHeaderLength(text: string, bodyBytes: number): number {
  const length = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (!(length <= maxElements)) {
    throw badRequest(`Inference-Header-Content-Length is "${text}"; it must be the length of the JSON in bytes.`)
  }
  if (length > bodyBytes) {
    throw badRequest(`Inference-Header-Content-Length is ${length}, but the whole body has only ${bodyBytes} bytes.`)
  }
  return length
}

function readObject(bytes: Buffer): Record<string, unknown> {
  const json = parseJson(bytes)
  if (!isObject(json)) throw badRequest('The body is no JSON object; send {"inputs": [...]}.')
  if (!holdsUnsafeIntegers(json['inputs'])) return json
  return parseJsonExactly(bytes) as Record<string, unknown>
}

/** Whether a 64-bit input holds a number that plain parsing has rounded. */
function holdsUnsafeIntegers(inputs: unknown): boolean {
  if (!Array.isArray(inputs)) return false
  return inputs.some(
    (input) =>
      isObject(input) &&
      (input['datatype'] === 'INT64' || input['datatype'] === 'UINT64') &&
      Array.isArray(input['data']) &&
      (input['data'].flat(100) as unknown[]).some((item) => typeof item === 'number' && !Number.isSafeInteger(item)),
  )
}

function readId(id: unknown): string | undefined {
  if (id === undefined || id === '') return undefined
  if (typeof id !== 'string') throw badRequest('The "id" of the request is no string.')
  if (id.includes('\0') || !id.isWellFormed())
    throw badRequest('The "id" of the request holds NUL, or has no UTF-8 form.')
  if (id.length > longestId)
    throw badRequest(`The "id" of the request has ${id.length} characters; use ${longestId} at most.`)
  return id
}

interface Binary {
  readonly bytes: Buffer
  at: number
}

function readInputs(inputs: unknown, binary: Binary): Map<string, Tensor> {
  if (!Array.isArray(inputs)) throw badRequest('The request has no "inputs" array.')
  const tensors = new Map<string, Tensor>()
  for (const input of inputs as unknown[]) {
    if (!isObject(input) || typeof input['name'] !== 'string') throw badRequest('An input has no "name".')
    const { name } = input
    if (tensors.has(name)) throw badRequest(`The input "${name}" is there twice.`)
    tensors.set(name, readInput(name, input, binary))
  }
  return tensors
}

function readInput(name: string, input: Record<string, unknown>, binary: Binary): Tensor {
  const datatype = readDatatype(name, input['datatype'])
  const shape = readShape(name, input['shape'])
  const length = elementCount(name, datatype, shape)
  const parameters = readParameters(`input "${name}"`, input['parameters'])
  const size = parameter(parameters, 'binary_data_size', 'number')
  if (size === undefined) return { datatype, shape, data: readJsonData(name, datatype, length, input['data']) }
  if (input['data'] !== undefined) throw badRequest(`Input "${name}" has both "data" and "binary_data_size".`)
  return { datatype, shape, data: readBinaryData(name, datatype, length, take(name, size, binary)) }
}

function take(name: string, size: number, binary: Binary): Buffer {
  const end = binary.at + size
  if (!Number.isInteger(size) || size < 0 || end > binary.bytes.length) {
    throw badRequest(
      `Input "${name}": "binary_data_size" is ${size}, but the body ends before; did you set the header Inference-Header-Content-Length?`,
    )
  }
  const bytes = binary.bytes.subarray(binary.at, end)
  binary.at = end
  return bytes
}

function readDatatype(name: string, datatype: unknown): Datatype {
  const known = datatypes.find((one) => one === datatype)
  if (known) return known
  throw badRequest(
    `Input "${name}" has the datatype ${JSON.stringify(datatype)}; it must be one of ${datatypes.join(', ')}.`,
  )
}

function readShape(name: string, shape: unknown): number[] {
  const valid = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0)
  if (!valid)
    throw badRequest(`Unable to parse 'shape' of input "${name}": it must be a list of integers of 0 or more.`)
  return shape as number[]
}

function elementCount(name: string, datatype: Datatype, shape: readonly number[]): number {
  const count = shape.reduce((product, length) => product * length, 1)
  const bytes = datatype === 'BYTES' ? 4 : elementBytes[datatype]
  if (count * bytes > maxElements) throw badRequest(`Input "${name}": the shape makes more elements than fit.`)
  return count
}

function readOutputs(outputs: unknown, binaryByDefault: boolean): RequestedOutput[] {
  if (outputs === undefined) return []
  if (!Array.isArray(outputs)) throw badRequest('"outputs" is no array.')
  const seen = new Set<string>()
  return (outputs as unknown[]).map((output) => {
    if (!isObject(output) || typeof output['name'] !== 'string') throw badRequest('A requested output has no "name".')
    const { name } = output
    if (seen.has(name)) throw badRequest(`The output "${name}" is requested twice.`)
    seen.add(name)
    const parameters = readParameters(`output "${name}"`, output['parameters'])
    return { name, binary: parameter(parameters, 'binary_data', 'boolean') ?? binaryByDefault }
  })
}
