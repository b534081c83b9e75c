import { describe, expect, it } from 'vitest'
import { Refusal } from './refusal.ts'
import { decodeRequest, type InferRequest } from './request.ts'
import { datatypes, elementBytes, makeData, type TensorSpec } from './tensor.ts'

const decode = (json: unknown, binary: Buffer = Buffer.alloc(0), headerLength?: string, model: TensorSpec[] = []) => {
  const header = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  const length = headerLength ?? (binary.length > 0 ? String(header.length) : undefined)
  return decodeRequest(Buffer.concat([header, binary]), length, model)
}
const one = (input: object) => ({ inputs: [{ name: 'X', shape: [1, 2], datatype: 'FP32', ...input }] })
const binaryInput = (size: unknown, more: object = {}) => one({ parameters: { binary_data_size: size }, ...more })
const dataOf = (request: InferRequest, name = 'X') => Array.from<unknown>(request.inputs.get(name)!.data)

const deep = (levels: number) => `{"inputs":[],"x":${'['.repeat(levels)}${']'.repeat(levels)}}`

const bad: readonly { name: string; send: () => unknown; says: RegExp; status?: number }[] = [
  { name: 'a body that is not JSON', send: () => decode('{"inputs":'), says: /not JSON/ },
  { name: 'a body that is not an object', send: () => decode('[1]'), says: /no JSON object/ },
  {
    name: 'a body that is not UTF-8',
    send: () => decodeRequest(Buffer.from('7b22ff22', 'hex'), undefined, []),
    says: /UTF-8/,
  },
  { name: 'no inputs', send: () => decode({}), says: /no "inputs"/ },
  {
    name: 'a header length that is no number',
    send: () => decode(one({}), Buffer.alloc(0), 'x'),
    says: /Inference-Header/,
  },
  { name: 'a negative header length', send: () => decode(one({}), Buffer.alloc(0), '-1'), says: /Inference-Header/ },
  {
    name: 'a header longer than the body',
    send: () => decode(one({}), Buffer.alloc(0), '9999'),
    says: /whole body has only/,
  },
  {
    name: 'a header length above 2^31 - 1',
    send: () => decode(one({}), Buffer.alloc(0), '2147483648'),
    says: /Inference-Header/,
  },
  { name: 'bytes left over', send: () => decode(binaryInput(8), Buffer.alloc(12)), says: /4 bytes are left over/ },
  { name: 'too few bytes', send: () => decode(binaryInput(8), Buffer.alloc(4)), says: /the body ends before/ },
  {
    name: 'a size that is not what the shape makes',
    send: () => decode(binaryInput(4), Buffer.alloc(4)),
    says: /shape and datatype make 8/,
  },
  {
    name: 'a size that is no integer',
    send: () => decode(binaryInput(1.5), Buffer.alloc(8)),
    says: /binary_data_size/,
  },
  { name: 'a size that is text', send: () => decode(binaryInput('8'), Buffer.alloc(8)), says: /must be a number/ },
  { name: 'data and binary data', send: () => decode(binaryInput(8, { data: [1, 2] }), Buffer.alloc(8)), says: /both/ },
  {
    name: 'a shape that overflows',
    send: () => decode(one({ shape: [2 ** 30, 2 ** 30], data: [] })),
    says: /more elements than fit/,
  },
  {
    name: 'a shape whose bytes overflow',
    send: () => decode(one({ shape: [2 ** 30], data: [] })),
    says: /more elements than fit/,
  },
  {
    name: 'a negative dimension',
    send: () => decode(one({ shape: [-1, 2], data: [1, 2] })),
    says: /Unable to parse 'shape'/,
  },
  {
    name: 'a fractional dimension',
    send: () => decode(one({ shape: [1.5], data: [1] })),
    says: /Unable to parse 'shape'/,
  },
  { name: 'nesting above 100', send: () => decode(deep(100)), says: /nests deeper than 100/ },
  {
    name: 'an input twice',
    send: () => decode({ inputs: [...one({ data: [1, 2] }).inputs, ...one({ data: [1, 2] }).inputs] }),
    says: /"X" is there twice/,
  },
  {
    name: 'an output twice',
    send: () => decode({ ...one({ data: [1, 2] }), outputs: [{ name: 'y' }, { name: 'y' }] }),
    says: /"y" is requested twice/,
  },
  { name: 'an unknown datatype', send: () => decode(one({ datatype: 'BF16', data: [1, 2] })), says: /must be one of/ },
  { name: 'too few elements', send: () => decode(one({ data: [1] })), says: /has 1 elements/ },
  { name: 'a text among floats', send: () => decode(one({ data: [1, 'two'] })), says: /"two", which is no FP32/ },
  {
    name: 'a fraction among integers',
    send: () => decode(one({ datatype: 'INT32', data: [1, 1.5] })),
    says: /1.5, which is no INT32/,
  },
  {
    name: 'an integer that is too large',
    send: () => decode(one({ datatype: 'UINT8', data: [1, 256] })),
    says: /256, which is no UINT8/,
  },
  {
    name: 'null among integers',
    send: () => decode(one({ datatype: 'INT64', data: [1, null] })),
    says: /null, which is no INT64/,
  },
  {
    name: 'a 64-bit integer that overflows',
    send: () => decode(one({ datatype: 'INT64', data: ['9223372036854775808', 1] })),
    says: /no INT64/,
  },
  { name: 'FP16 in JSON', send: () => decode(one({ datatype: 'FP16', data: [1, 2] })), says: /as binary data/ },
  { name: 'NUL in a text', send: () => decode(one({ datatype: 'BYTES', data: ['a\0b', 'c'] })), says: /NUL/ },
  {
    name: 'half a surrogate pair',
    send: () => decode(one({ datatype: 'BYTES', data: ['\ud800', 'c'] })),
    says: /no UTF-8 form/,
  },
  {
    name: 'NUL in a binary text',
    send: () => decode(binaryInput(6, { datatype: 'BYTES', shape: [1] }), Buffer.from('020000006100', 'hex')),
    says: /NUL/,
  },
  {
    name: 'a binary text that is not UTF-8',
    send: () => decode(binaryInput(5, { datatype: 'BYTES', shape: [1] }), Buffer.from('01000000ff', 'hex')),
    says: /not UTF-8/,
  },
  {
    name: 'a binary text that is too long',
    send: () => decode(binaryInput(5, { datatype: 'BYTES', shape: [1] }), Buffer.from('ffffffff61', 'hex')),
    says: /reaches beyond/,
  },
  {
    name: 'too many binary texts',
    send: () => decode(binaryInput(10, { datatype: 'BYTES', shape: [1] }), Buffer.from('01000000610100000061', 'hex')),
    says: /exactly 1 BYTES/,
  },
  {
    name: 'a binary boolean of 2',
    send: () => decode(binaryInput(1, { datatype: 'BOOL', shape: [1] }), Buffer.from([2])),
    says: /neither 0 nor 1/,
  },
  {
    name: 'a reserved parameter',
    send: () => decode({ ...one({ data: [1, 2] }), parameters: { triton_x: 1 } }),
    says: /"triton_x" .* reserved/,
  },
  {
    name: 'a parameter that is an object',
    send: () => decode({ ...one({ data: [1, 2] }), parameters: { a: {} } }),
    says: /no string, number or boolean/,
  },
  {
    name: 'a sequence',
    send: () => decode({ ...one({ data: [1, 2] }), parameters: { sequence_id: 5 } }),
    says: /not supported/,
    status: 501,
  },
  {
    name: 'a priority',
    send: () => decode({ ...one({ data: [1, 2] }), parameters: { priority: 2 } }),
    says: /one priority/,
    status: 501,
  },
  {
    name: 'a classification',
    send: () => decode({ ...one({ data: [1, 2] }), outputs: [{ name: 'y', parameters: { classification: 3 } }] }),
    says: /not supported/,
    status: 501,
  },
  {
    name: 'shared memory',
    send: () => decode(one({ parameters: { shared_memory_region: 'r' } })),
    says: /not supported/,
    status: 501,
  },
  { name: 'an id with NUL', send: () => decode({ id: 'a\0', ...one({ data: [1, 2] }) }), says: /"id" .* NUL/ },
  {
    name: 'an id of 201 characters',
    send: () => decode({ id: 'a'.repeat(201), ...one({ data: [1, 2] }) }),
    says: /201 .* 200/,
  },
  { name: 'an id that is a number', send: () => decode({ id: 5, ...one({ data: [1, 2] }) }), says: /"id"/ },
  {
    name: 'raw bytes for two inputs',
    send: () =>
      decode('', Buffer.alloc(4), '0', [
        { name: 'a', datatype: 'FP32', shape: [-1] },
        { name: 'b', datatype: 'FP32', shape: [-1] },
      ]),
    says: /exactly one input/,
  },
  {
    name: 'raw bytes for two open dimensions',
    send: () => decode('', Buffer.alloc(4), '0', [{ name: 'a', datatype: 'FP32', shape: [-1, -1, -1] }]),
    says: /2 open dimensions/,
  },
]

it.each(bad)('refuses $name', ({ send, says, status = 400 }) => {
  expect(send).toThrow(Refusal)
  expect(send).toThrow(says)
  expect(send).toThrow(expect.objectContaining({ status }))
})

it('takes nesting of 100', () => {
  expect(decode(deep(99)).inputs.size).toBe(0)
})

it('keeps every digit of 64-bit integers', () => {
  const request = decode(
    `{"inputs":[{"name":"X","shape":[3],"datatype":"INT64","data":[9007199254740993,-9223372036854775808,"9223372036854775807"]}]}`,
  )

  expect(dataOf(request)).toEqual([9007199254740993n, -9223372036854775808n, 9223372036854775807n])
})

it('keeps unsigned 64-bit integers beside floats of any size', () => {
  const request = decode(
    '{"inputs":[{"name":"X","shape":[1],"datatype":"UINT64","data":[18446744073709551615]},{"name":"F","shape":[2],"datatype":"FP64","data":[12345678901234567168,1e300]}]}',
  )

  expect(dataOf(request)).toEqual([18446744073709551615n])
  expect(dataOf(request, 'F')).toEqual([12345678901234567168, 1e300])
})

it('reads nested data, and null and names of special floats as floats', () => {
  const request = decode(
    one({
      shape: [2, 3],
      data: [
        [1, null, 'NaN'],
        ['Infinity', '-Infinity', 0.25],
      ],
    }),
  )

  expect(dataOf(request)).toEqual([1, NaN, NaN, Infinity, -Infinity, 0.25])
})

it('reads booleans', () => {
  expect(dataOf(decode(one({ datatype: 'BOOL', data: [true, 0] })))).toEqual([1, 0])
})

it('reads one raw input, of numbers with one open dimension or of one text', () => {
  const numbers = decode('', Buffer.from(Float32Array.of(1, 2, 3, 4).buffer), '0', [
    { name: 'X', datatype: 'FP32', shape: [-1, 2, -1] },
  ])
  const text = decode('', Buffer.from('héllo'), '0', [{ name: 'X', datatype: 'BYTES', shape: [-1] }])

  expect(numbers.inputs.get('X')).toMatchObject({ shape: [1, 2, 2] })
  expect(numbers.binaryByDefault).toBe(true)
  expect(dataOf(text)).toEqual(['héllo'])
})

describe('binary tensors', () => {
  it.each(datatypes.filter((datatype) => datatype !== 'BYTES'))('reads %s at every alignment', (datatype) => {
    const bytes = Buffer.alloc(3 * elementBytes[datatype], 1)
    for (const pad of ['', ' ', '  ', '   ']) {
      const json = JSON.stringify(one({ shape: [3], datatype, parameters: { binary_data_size: bytes.length } })) + pad

      const tensor = decode(json, bytes).inputs.get('X')!

      expect(tensor.data.constructor).toBe(makeData(datatype, 0).constructor)
      expect(Buffer.from((tensor.data as Uint8Array).buffer)).toEqual(bytes)
    }
  })
})
