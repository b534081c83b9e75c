import { expect, it } from 'vitest'
import { readSignature } from './signature.ts'
import { onnxOf } from './testing-onnx.ts'

const probability = { name: 'probability', type: 1, shape: ['N', 1] }

it('reads every input and output, with an open dimension as −1', () => {
  const bytes = onnxOf(
    [
      { name: 'hour', type: 1, shape: ['N', 1] },
      { name: 'origin', type: 8, shape: ['', 1] },
      { name: 'ids', type: 7, shape: ['N', 3] },
    ],
    [probability],
  )

  expect(readSignature(bytes)).toEqual({
    inputs: [
      { name: 'hour', datatype: 'FP32', shape: [-1, 1] },
      { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'ids', datatype: 'INT64', shape: [-1, 3] },
    ],
    outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
  })
})

// Codes: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, enum DataType
it.each([
  [1, 'FP32'],
  [2, 'UINT8'],
  [3, 'INT8'],
  [4, 'UINT16'],
  [5, 'INT16'],
  [6, 'INT32'],
  [7, 'INT64'],
  [8, 'BYTES'],
  [9, 'BOOL'],
  [11, 'FP64'],
  [12, 'UINT32'],
  [13, 'UINT64'],
])('calls element type %i %s', (type, datatype) => {
  const { inputs } = readSignature(onnxOf([{ name: 'x', type, shape: [] }], [probability]))

  expect(inputs).toEqual([{ name: 'x', datatype, shape: [] }])
})

it.each([
  {
    name: 'half floats',
    bytes: onnxOf([{ name: 'x', type: 10, shape: ['N'] }], [probability]),
    says: 'is of type float16',
  },
  { name: 'an open rank', bytes: onnxOf([{ name: 'x', type: 1 }], [probability]), says: '"x" does not say its shape' },
  { name: 'no inputs', bytes: onnxOf([], [probability]), says: 'no inputs' },
  { name: 'no outputs', bytes: onnxOf([probability], []), says: 'no outputs' },
  { name: 'an empty file', bytes: Buffer.alloc(0), says: 'not an ONNX model' },
  { name: 'a text', bytes: Buffer.from('PAR1 is no model'), says: 'onnx: ' },
])('refuses $name and says why', ({ bytes, says }) => {
  expect(() => readSignature(bytes)).toThrow(says)
})
