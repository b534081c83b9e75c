import { writeBinaryData } from './binary-data.ts'
import { badRequest, Refusal } from './refusal.ts'
import type { InferRequest, RequestedOutput } from './request.ts'
import type { Tensor, Tensors } from './tensor.ts'

export interface Answer {
  readonly body: Buffer | string
  readonly headers: Readonly<Record<string, string>>
}

export interface AnswerHead {
  readonly modelName: string
  /** Undefined when several versions answered. */
  readonly modelVersion: number | undefined
  readonly id: string | undefined
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * Encodes an answer as JSON, followed by the outputs that were asked for in binary.
 *
 * @throws Refusal (500) when a float that goes into JSON is not finite, unless the request has `special_floats`
 */
export function encodeAnswer(head: AnswerHead, request: InferRequest, outputs: Tensors): Answer {
  const binary: Buffer[] = []
  const texts = wanted(request, outputs).map(({ name, binary: isBinary }) => {
    const tensor = outputs[name]!
    if (!isBinary) return outputJson(name, tensor, `"data":${dataJson(name, tensor, request)}`)
    const bytes = writeBinaryData(tensor)
    binary.push(bytes)
    return outputJson(name, tensor, `"parameters":{"binary_data_size":${bytes.length}}`)
  })
  const json = `{${headJson(head)}"outputs":[${texts.join(',')}]}`
  if (binary.length === 0) return { body: json, headers: { 'content-type': 'application/json' } }
  const header = Buffer.from(json)
  return {
    body: Buffer.concat([header, ...binary]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(header.length),
    },
  }
}

function wanted(request: InferRequest, outputs: Tensors): readonly RequestedOutput[] {
  if (request.outputs.length > 0) return request.outputs
  return Object.keys(outputs).map((name) => ({ name, binary: request.binaryByDefault }))
}

function headJson({ modelName, modelVersion, id, parameters }: AnswerHead): string {
  const version = modelVersion === undefined ? '' : `"model_version":"${modelVersion}",`
  const echoed = id === undefined ? '' : `"id":${JSON.stringify(id)},`
  const extra = Object.keys(parameters).length === 0 ? '' : `"parameters":${JSON.stringify(parameters)},`
  return `"model_name":${JSON.stringify(modelName)},${version}${echoed}${extra}`
}

function outputJson(name: string, { datatype, shape }: Tensor, content: string): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],${content}}`
}

function dataJson(name: string, { datatype, data }: Tensor, request: InferRequest): string {
  if (Array.isArray(data)) return JSON.stringify(data)
  if (datatype === 'BOOL') return `[${Array.from(data as Uint8Array, (bit) => bit === 1).join(',')}]`
  if (datatype === 'FP16')
    throw badRequest(`Output "${name}" is FP16, which JSON does not carry; ask for it in binary.`)
  if (data instanceof Float32Array || data instanceof Float64Array) return floatsJson(name, data, request)
  return `[${data.join(',')}]`
}

function floatsJson(name: string, data: Float32Array | Float64Array, { parameters }: InferRequest): string {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) return specialFloatsJson(name, data, parameters['special_floats'] === 'string')
  }
  return `[${data.join(',')}]`
}

function specialFloatsJson(name: string, data: Float32Array | Float64Array, allowed: boolean): string {
  if (!allowed) {
    throw new Refusal(
      500,
      `Output "${name}" holds NaN or an infinity, which JSON does not carry; use binary, or send the parameter "special_floats": "string".`,
    )
  }
  const texts = Array.from(data, (value) => (Number.isFinite(value) ? String(value) : `"${value}"`))
  return `[${texts.join(',')}]`
}
