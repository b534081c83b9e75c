import { InferenceSession } from 'onnxruntime-node'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TreeModel } from '../trees/index.ts'
import { parkMiller } from '../trees/testing.ts'
import { OnnxFormatError } from './protobuf-reader.ts'
import { readOnnx } from './read-onnx.ts'
import { treesToOnnx } from './trees-to-onnx.ts'

const model: TreeModel = {
  format: 'evenkeel.trees/1',
  loss: 'softmax',
  outputCount: 3,
  features: [
    { kind: 'numerical', name: 'hour', gain: 0, splitCount: 0 },
    { kind: 'categorical', name: 'origin', categories: ['A', 'Ø'], gain: 0, splitCount: 0 },
  ],
  baseScores: [0, 1, 2],
  trees: [0, 1, 2].map((value) => ({ nodes: [{ kind: 'leaf', value, rowCount: 1 }] })),
}
const bytes = treesToOnnx(model, { name: 'delays', metadata: { dataset: 'flights@7' } })

it('tells what a model says of itself', () => {
  expect(readOnnx(bytes)).toEqual({
    irVersion: 10,
    opsets: [
      { domain: 'ai.onnx', version: 21 },
      { domain: 'ai.onnx.ml', version: 5 },
    ],
    producer: 'evenkeel',
    inputs: [
      { name: 'hour', elementType: 'float32', shape: ['N', 1] },
      { name: 'origin', elementType: 'string', shape: ['N', 1] },
    ],
    outputs: [{ name: 'probability', elementType: 'float32', shape: ['N', 3] }],
    metadata: { producer: 'evenkeel', name: 'delays', dataset: 'flights@7' },
    nodeCount: 6,
  })
})

it('reads what another program wrote', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-onnx-'))
  const path = join(folder, 'optimized.onnx')
  // onnxruntime writes the graph out again with its own copy of protobuf.
  const session = await InferenceSession.create(bytes, {
    optimizedModelFilePath: path,
    graphOptimizationLevel: 'basic',
  })
  await session.release()

  const { inputs, outputs, nodeCount } = readOnnx(await readFile(path))

  await rm(folder, { recursive: true })
  const ours = readOnnx(bytes)
  expect({ inputs, outputs }).toEqual({ inputs: ours.inputs, outputs: ours.outputs })
  expect(nodeCount).toBeGreaterThan(0)
})

describe('bytes that are no model', () => {
  it.each([
    ['nothing', new Uint8Array(), 'the bytes have no graph'],
    ['a text', new TextEncoder().encode('<html>not found</html>'), 'not a complete ONNX model'],
    ['a pickle', Uint8Array.of(0x80, 4, 0x95, 10, 0), 'not a complete ONNX model'],
    ['a zip', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), 'not a complete ONNX model'],
    ['a message without a graph', Uint8Array.of(8, 10), 'the bytes have no graph'],
    ['a graph without a version', Uint8Array.of(58, 0), 'the bytes have no IR version'],
  ])('are refused: %s', (_, garbage, message) => {
    expect(() => readOnnx(garbage)).toThrow(OnnxFormatError)
    expect(() => readOnnx(garbage)).toThrow(message)
  })

  it('are refused wherever a model breaks off before its last field', () => {
    // Within the metadata at the end, a cut can fall between two fields, and leave a model.
    const end = bytes.length - 100
    for (let length = 0; length < end; length++) expect(() => readOnnx(bytes.slice(0, length))).toThrow(OnnxFormatError)
  })

  it('never bring up any other error', () => {
    const numbers = parkMiller(3)
    const errors = Array.from({ length: 3000 }, () => {
      const broken = bytes.slice()
      broken[numbers.next().value % broken.length] = numbers.next().value % 256
      return errorOf(() => readOnnx(broken))
    })

    const refused = errors.filter((error) => error !== undefined)
    expect(refused.length).toBeGreaterThan(100)
    expect(refused.every((error) => error instanceof OnnxFormatError)).toBe(true)
  })
})

function errorOf(call: () => void): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}
