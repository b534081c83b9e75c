import { rm } from 'node:fs/promises'
import { deflateSync, gzipSync } from 'node:zlib'
import { createClient } from '@evenkeel/client'
import { type OipModelMetadata, OipResponse, openInference } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { InferenceNode } from '../node.ts'
import { identity, type ElementType, onnxModel, sum } from '../testing-onnx.ts'
import { artifact, endpoint, isServing, makeFolder, post, row, startTestNode, stateOf } from '../testing-node.ts'
import { ControlPlane } from '../testing.ts'
import { send as sendTo } from './testing.ts'

const types = [
  'bool',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'int8',
  'int16',
  'int32',
  'int64',
  'float32',
  'float64',
  'string',
] as const
const datatypeOf: Record<(typeof types)[number], string> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
}

const text = (): Buffer =>
  onnxModel({
    inputs: [{ name: 'S', type: 'string', shape: ['N'] }],
    outputs: [{ name: 's', type: 'string', shape: ['N'] }],
    nodes: [{ operator: 'Identity', inputs: ['S'], outputs: ['s'] }],
  })

let plane: ControlPlane
let node: InferenceNode
let folder: string

beforeAll(async () => {
  plane = await ControlPlane.start()
  const models: Record<string, Buffer> = { m: identity('float32'), text: text(), 'a b': sum(['a', 'b'], 1) }
  for (const type of types) models[type] = identity(type satisfies ElementType)
  const names = Object.keys(models).map((name) => name.replace(' ', '_'))
  const artifacts = Object.values(models).flatMap((bytes, i) =>
    // The golden requests ask for versions 1 and 3 of "m".
    (i === 0 ? [1, 3] : [1]).map((version) => artifact(version, plane.store(bytes), { model: names[i]! })),
  )
  plane.publish(
    stateOf(
      1,
      names.map((name) => endpoint(name, { model: name })),
      artifacts,
    ),
  )
  folder = await makeFolder()
  node = await startTestNode(plane, folder)
  await isServing(plane, 1)
}, 120_000)
afterAll(async () => {
  await node.stop()
  await plane.stop()
  await rm(folder, { recursive: true })
})

const get = (path: string) => fetch(`${node.url}${path}`)
const send = (path: string, headers: Record<string, string>, body: Buffer) =>
  sendTo(`${node.url}${path}`, headers, body)

const jsonA =
  '{"id":"42","inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}'
const jsonC =
  '{"inputs":[{"name":"S","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":12}}],"parameters":{"binary_data_output":true}}'

it.each([
  '/v2/health/live',
  '/v2/health/ready',
  '/v2/models/m/ready',
  '/v2/models/m/versions/3/ready',
  '/v2',
  '/v2/',
  '/v2/models',
  '/v2/models/m',
  '/v2/models/m/versions/1',
  '/v2/models/m/config',
  '/v2/models/stats',
  '/v2/models/m/versions/1/stats',
  '/healthz',
  '/readyz',
])('answers GET %s', async (path) => {
  const response = await get(path)

  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toBeTypeOf('object')
})

it('speaks the protocol as the contract has it', async () => {
  const client = createClient(openInference, { baseUrl: node.url })

  expect(await client.server()).toMatchObject({
    name: 'evenkeel',
    extensions: expect.arrayContaining(['binary_tensor_data']),
  })
  expect(await client.model({ params: { model: 'm' } })).toEqual({
    name: 'm',
    versions: ['1', '3'],
    platform: 'onnx_onnxv1',
    inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
  } satisfies (typeof OipModelMetadata)['_output'])
  const inputs = [{ name: 'X', datatype: 'FP32' as const, shape: [1, 2], data: [1, 2] }]
  const answer = await client.infer({ params: { model: 'm' }, body: { id: '7', inputs } })
  expect(answer).toEqual({
    model_name: 'm',
    model_version: '1',
    id: '7',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  })
})

it('answers request A: binary in and out, without a content type', async () => {
  const body = Buffer.concat([Buffer.from(jsonA), Buffer.from('0000803f00000040', 'hex')])
  expect(body.length).toBe(152)

  const answer = await send(
    '/v2/models/m/infer',
    { 'content-length': '152', 'inference-header-content-length': '144' },
    body,
  )

  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/octet-stream' } })
  const jsonLength = Number(answer.headers['inference-header-content-length'])
  expect(OipResponse.parse(JSON.parse(answer.body.toString('utf8', 0, jsonLength)))).toEqual({
    model_name: 'm',
    model_version: '1',
    id: '42',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } }],
  })
  expect(answer.body.subarray(jsonLength).toString('hex')).toBe('0000803f00000040')
})

it('answers request B: a version, a query and foreign headers, and refuses its sequence', async () => {
  const inputs =
    '"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[1.0,2.0]}],"outputs":[{"name":"y","parameters":{"binary_data":false}}]'
  const sequence = '"sequence_id":5,"sequence_start":true,"sequence_end":false,'
  const path = '/v2/models/m/versions/3/infer?q=1'
  const bodyWith = (sequences: string) =>
    Buffer.from(`{${inputs},"parameters":{${sequences}"priority":1,"timeout":1000000}}`)

  const plain = await send(path, { x: 'y' }, bodyWith(''))
  const stateful = await send(path, { x: 'y' }, bodyWith(sequence))

  expect(plain.status).toBe(200)
  expect(JSON.parse(plain.body.toString())).toMatchObject({ model_version: '3', outputs: [{ data: [1, 2] }] })
  expect(stateful.status).toBe(501)
  expect(JSON.parse(stateful.body.toString())).toEqual({ error: expect.stringContaining('sequence_id') })
})

it.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
])('answers request C: texts in a %s body, whose header length counts what is inside', async (encoding, pack) => {
  const body = pack(
    Buffer.concat([Buffer.from(jsonC), Buffer.from('020000006162', 'hex'), Buffer.from('02000000c3a9', 'hex')]),
  )

  const answer = await send(
    '/v2/models/text/infer',
    { 'content-encoding': encoding, 'inference-header-content-length': '134' },
    body,
  )

  const jsonLength = Number(answer.headers['inference-header-content-length'])
  expect(answer.status).toBe(200)
  expect(answer.body.subarray(jsonLength).toString('hex')).toBe('02000000616202000000c3a9')
})

it.each(types)('passes %s through the engine bit for bit', async (type) => {
  const bytes =
    type === 'string'
      ? Buffer.from('020000006162000000000200000065cc00000000', 'hex').subarray(0, 10)
      : Buffer.alloc(16, 1)
  const width = {
    uint8: 1,
    int8: 1,
    bool: 1,
    uint16: 2,
    int16: 2,
    uint32: 4,
    int32: 4,
    float32: 4,
    uint64: 8,
    int64: 8,
    float64: 8,
    string: 5,
  }[type]
  const rows = bytes.length / width / 2
  const input = {
    name: 'X',
    shape: [rows, 2],
    datatype: datatypeOf[type],
    parameters: { binary_data_size: bytes.length },
  }
  const json = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }))

  const answer = await send(
    `/v2/models/${type}/infer`,
    { 'inference-header-content-length': String(json.length) },
    Buffer.concat([json, bytes]),
  )

  expect(answer.body.subarray(Number(answer.headers['inference-header-content-length']))).toEqual(bytes)
})

it('keeps the digits of large integers through the model', async () => {
  const body = '{"inputs":[{"name":"X","shape":[1,2],"datatype":"INT64","data":[9007199254740993,-9007199254740995]}]}'

  const answer = await post(node.url, '/v2/models/int64/infer', body)

  expect(await answer.text()).toContain('"data":[9007199254740993,-9007199254740995]')
})

it('answers NaN with 500 and its name, in text when asked, and in binary', async () => {
  const inputs = [{ name: 'X', shape: [1, 2], datatype: 'FP32', data: [1, 'NaN'] }]

  const refused = await post(node.url, '/v2/models/m/infer', JSON.stringify({ inputs }))
  const asText = await post(
    node.url,
    '/v2/models/m/infer',
    JSON.stringify({ inputs, parameters: { special_floats: 'string' } }),
  )
  const binary = await post(
    node.url,
    '/v2/models/m/infer',
    JSON.stringify({ inputs, parameters: { binary_data_output: true } }),
  )

  expect(refused.status).toBe(500)
  expect(await refused.json()).toEqual({ error: expect.stringContaining('"y" holds NaN') })
  expect(await asText.json()).toMatchObject({ outputs: [{ data: [1, 'NaN'] }] })
  expect(binary.status).toBe(200)
})

it('decodes a quoted name once', async () => {
  expect((await get('/v2/models/%6D')).status).toBe(200)
  expect((await get('/v2/models/%256D')).status).toBe(404)
  expect((await get('/v2/models/%ff')).status).toBe(400)
})

it.each([
  ['an unknown model', '/v2/models/missing', 'GET', 404],
  ['an unknown version', '/v2/models/m/versions/2/ready', 'GET', 404],
  ['a version that is no number', '/v2/models/m/versions/latest', 'GET', 404],
  ['an unknown path', '/v3', 'GET', 404],
  ['a wrong verb', '/v2/models/m/infer', 'GET', 405],
  ['loading by hand', '/v2/repository/models/m/load', 'POST', 403],
  ['unloading by hand', '/v2/repository/models/m/unload', 'POST', 403],
])('answers %s with an error of the protocol', async (_, path, method, status) => {
  const response = await fetch(`${node.url}${path}`, { method, ...(method === 'POST' && { body: '{}' }) })

  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({ error: expect.stringMatching(/\w+ \w+/) })
})

it.each([
  { name: 'request', more: (id: string) => ({ id, inputs: [] as object[] }) },
  { name: 'row', more: (id: string) => ({ inputs: [{ name: 'row_id', datatype: 'BYTES', shape: [1], data: [id] }] }) },
])('takes the id of a $name with 200 characters, and refuses 201', async ({ more }) => {
  const X = { name: 'X', datatype: 'FP32', shape: [1, 2], data: [1, 2] }
  const answerTo = (length: number) => {
    const { inputs, ...rest } = more('a'.repeat(length))
    return post(node.url, '/v2/models/m/infer', JSON.stringify({ ...rest, inputs: [X, ...inputs] }))
  }

  const longest = await answerTo(200)
  const tooLong = await answerTo(201)

  expect(longest.status).toBe(200)
  expect(tooLong.status).toBe(400)
  expect(await tooLong.json()).toEqual({ error: expect.stringMatching(/201 characters.*200/) })
})

it('lists the repository to a request without a body', async () => {
  const answer = await send('/v2/repository/index', { 'content-length': '0' }, Buffer.alloc(0))

  expect(JSON.parse(answer.body.toString())).toContainEqual({ name: 'm', version: '3', state: 'READY', reason: '' })
})

it.each([
  ['a missing input', row({ a: 1 }), /"b" is missing/],
  ['an unknown input', row({ a: 1, b: 2, c: 3 }), /no input "c"/],
  [
    'another datatype',
    JSON.stringify({ inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP64', shape: [1, 1], data: [1] })) }),
    /is FP64, but the model takes FP32/,
  ],
  [
    'another rank',
    JSON.stringify({ inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [1], data: [1] })) }),
    /has the shape \[1\]/,
  ],
  [
    'another width',
    JSON.stringify({ inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [1, 2], data: [1, 2] })) }),
    /has the shape \[1,2\]/,
  ],
  [
    'rows that do not match',
    JSON.stringify({
      inputs: ['a', 'b'].map((name, i) => ({
        name,
        datatype: 'FP32',
        shape: [i + 1, 1],
        data: [1, 2].slice(0, i + 1),
      })),
    }),
    /other inputs have 1 rows/,
  ],
  [
    'no rows',
    JSON.stringify({ inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [0, 1], data: [] })) }),
    /no rows/,
  ],
  ['an unknown output', row({ a: 1, b: 2 }, { outputs: [{ name: 'nope' }] }), /no output "nope"/],
  [
    'an event time without a zone',
    row({ a: 1, b: 2 }, { parameters: { event_time: '2001-01-01T00:00:00' } }),
    /is not ISO 8601/,
  ],
  ['an id that is too long', row({ a: 1, b: 2 }, { id: 'x'.repeat(201) }), /201 characters/],
  ['a negative timeout', row({ a: 1, b: 2 }, { parameters: { timeout: -1 } }), /negative/],
])('refuses %s', async (_, body, says) => {
  const response = await post(node.url, '/v2/models/a_b/infer', body)

  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: expect.stringMatching(says) })
})
