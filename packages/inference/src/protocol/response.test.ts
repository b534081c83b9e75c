import { OipResponse } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { decodeRequest, type InferRequest } from './request.ts'
import { encodeAnswer } from './response.ts'
import { type Datatype, type Tensor, type TensorData } from './tensor.ts'

const head = { modelName: 'm', modelVersion: 1, id: undefined, parameters: {} }
const asked = (more: Partial<InferRequest> = {}): InferRequest => ({
  id: undefined,
  parameters: {},
  inputs: new Map(),
  outputs: [],
  binaryByDefault: false,
  ...more,
})
const vector = (datatype: Datatype, data: TensorData): Tensor => ({ datatype, shape: [data.length], data })

it("writes the binary answer that Triton's client accepts, byte for byte", () => {
  const y = { datatype: 'FP32', shape: [1, 2], data: Float32Array.of(0.25, 0.75) } as const

  const { body, headers } = encodeAnswer(head, asked({ binaryByDefault: true }), { y })

  const json =
    '{"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}'
  expect(headers).toEqual({ 'content-type': 'application/octet-stream', 'inference-header-content-length': '131' })
  expect(body).toEqual(Buffer.concat([Buffer.from(json), Buffer.from('0000803e0000403f', 'hex')]))
})

it('writes 64-bit integers with every digit', () => {
  const { body } = encodeAnswer(head, asked(), { y: vector('INT64', BigInt64Array.of(9007199254740993n, -1n)) })

  expect(body).toContain('"data":[9007199254740993,-1]')
})

it.each([NaN, Infinity, -Infinity])('never writes %s as null: it refuses, or writes text when asked', (value) => {
  const outputs = { y: vector('FP32', Float32Array.of(1, value)) }

  expect(() => encodeAnswer(head, asked(), outputs)).toThrow(/"y" holds NaN or an infinity/)
  const { body } = encodeAnswer(head, asked({ parameters: { special_floats: 'string' } }), outputs)
  expect(body).toContain(`"data":[1,"${value}"]`)
})

it('refuses FP16 in JSON', () => {
  expect(() => encodeAnswer(head, asked(), { y: vector('FP16', Uint16Array.of(1)) })).toThrow(/ask for it in binary/)
})

const values: readonly Tensor[] = [
  vector('BOOL', Uint8Array.of(0, 1)),
  vector('UINT8', Uint8Array.of(0, 255)),
  vector('UINT16', Uint16Array.of(0, 65_535)),
  vector('UINT32', Uint32Array.of(0, 4_294_967_295)),
  vector('UINT64', BigUint64Array.of(0n, 2n ** 64n - 1n)),
  vector('INT8', Int8Array.of(-128, 127)),
  vector('INT16', Int16Array.of(-32_768, 32_767)),
  vector('INT32', Int32Array.of(-2_147_483_648, 2_147_483_647)),
  vector('INT64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
  vector('FP32', Float32Array.of(-3.4e38, 1e-45, 0.1)),
  vector('FP64', Float64Array.of(-1.7e308, 5e-324, 0.1)),
  vector('BYTES', ['', '"é\\\n', '😀']),
]

it.each(values)('brings $datatype back as it was, in JSON and in binary', (y) => {
  const json = encodeAnswer(head, asked(), { y })
  const binary = encodeAnswer(head, asked({ binaryByDefault: true }), { y })

  expect(OipResponse.safeParse(JSON.parse(String(json.body))).success).toBe(true)
  expect(readBack(json)).toEqual(y)
  expect(readBack(binary)).toEqual(y)
})

/** The outputs of an answer have the form of the inputs of a request. */
function readBack({ body, headers }: ReturnType<typeof encodeAnswer>): Tensor | undefined {
  const bytes = Buffer.from(body as string)
  const length = headers['inference-header-content-length']
  const json = bytes.toString('utf8', 0, Number(length ?? bytes.length)).replace('"outputs"', '"inputs"')
  const request = Buffer.concat([Buffer.from(json), bytes.subarray(Number(length ?? bytes.length))])
  return decodeRequest(request, length && String(Buffer.byteLength(json)), []).inputs.get('y')
}
