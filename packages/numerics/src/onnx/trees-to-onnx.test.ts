import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it, vi } from 'vitest'
import { type FeatureColumn, lengthOf } from '../trees/dataset.ts'
import { type Loss, predictTrees, type TreeModel, type TreeOptions, trainTrees } from '../trees/index.ts'
import { labelsOf, makePeople } from '../trees/testing.ts'
import { treesToOnnx } from './trees-to-onnx.ts'

// Threads start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const people = makePeople(5000, 21)
// What serving meets: rows of other people, with a category never seen and an empty text.
const others = withStrangers(makePeople(1000, 22).features)

/** Renames one category and empties another, so that the model cannot know them. */
function withStrangers(features: readonly FeatureColumn[]): FeatureColumn[] {
  return features.map((column) => {
    if (column.kind === 'numerical') return column
    const categories = column.categories.map((name) => ({ r4: 'never seen', r9: '' })[name] ?? name)
    return { ...column, categories, codes: column.codes.map((code, row) => (row % 17 === 0 ? -1 : code)) }
  })
}

function tensorOf(column: FeatureColumn): Tensor {
  const shape = [lengthOf(column), 1]
  if (column.kind === 'numerical') return new Tensor('float32', Float32Array.from(column.values), shape)
  return new Tensor(
    'string',
    Array.from(column.codes, (code) => column.categories[code] ?? ''),
    shape,
  )
}

async function score(bytes: Uint8Array, features: readonly FeatureColumn[]): Promise<Tensor> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const feeds = Object.fromEntries(features.map((column) => [column.name, tensorOf(column)]))
  const outputs = await session.run(feeds)
  await session.release()
  return Object.values(outputs)[0]!
}

async function train(loss: Loss, more: Partial<TreeOptions> = {}, features = people.features): Promise<TreeModel> {
  const classes = loss === 'softmax' ? { classCount: 3 } : {}
  const options = { loss, treeCount: 30, leafCount: 20, learningRate: 0.2, seed: 1, ...classes, ...more }
  return trainTrees({ features, labels: labelsOf[loss](people) }, options)
}

function furthest(scored: Tensor, expected: Float64Array): number {
  const values = scored.data as Float32Array
  return expected.reduce((most, value, index) => Math.max(most, Math.abs(value - values[index]!)), 0)
}

describe.each<[Loss, number]>([
  ['logistic', 1],
  ['squared', 1],
  ['softmax', 3],
])('a model of the %s loss', (loss, width) => {
  it('scores in onnxruntime as it does here, missing and unseen values too', async () => {
    const model = await train(loss)

    const scored = await score(treesToOnnx(model, { name: 'people' }), others)

    expect(scored.dims).toEqual([1000, width])
    expect(furthest(scored, predictTrees(model, others))).toBeLessThan(1e-5)
  })

  it('takes one row as well as many', async () => {
    const model = await train(loss, { treeCount: 3 })
    const one = people.features.map((column): FeatureColumn => {
      if (column.kind === 'numerical') return { ...column, values: column.values.slice(0, 1) }
      return { ...column, codes: column.codes.slice(0, 1) }
    })

    const scored = await score(treesToOnnx(model, { name: 'people' }), one)

    expect(scored.dims).toEqual([1, width])
    expect(furthest(scored, predictTrees(model, one))).toBeLessThan(1e-6)
  })
})

it('decides at a threshold to the last bit', async () => {
  const model = await train('squared', { treeCount: 5 })
  const thresholds = model.trees.flatMap(({ nodes }) =>
    nodes.flatMap((node) => (node.kind === 'numerical' && node.feature === 1 ? node.threshold : [])),
  )
  const values = Float64Array.from(thresholds.flatMap((at) => [at, at * (1 + 2 ** -23), at * (1 - 2 ** -24)]))
  const edge: FeatureColumn[] = [
    { kind: 'numerical', name: 'age', values: new Float64Array(values.length).fill(20) },
    { kind: 'numerical', name: 'income', values },
    { kind: 'categorical', name: 'region', codes: new Int32Array(values.length), categories: ['r0'] },
  ]

  const scored = await score(treesToOnnx(model, { name: 'edge' }), edge)

  expect(thresholds.length).toBeGreaterThan(5)
  expect(furthest(scored, predictTrees(model, edge))).toBeLessThan(1e-6)
})

it('exports hundreds of categories', async () => {
  const codes = Int32Array.from({ length: 5000 }, (_, row) => (row * 31) % 400)
  const categories = Array.from({ length: 400 }, (_, code) => `airport ${code}`)
  const features: FeatureColumn[] = [{ kind: 'categorical', name: 'airport', codes, categories }]
  const labels = Float64Array.from(codes, (code) => (code * 7919) % 13)
  const model = await trainTrees(
    { features, labels },
    { loss: 'squared', treeCount: 40, leafCount: 31, learningRate: 0.3, seed: 1, minRowsPerLeaf: 5 },
  )

  const scored = await score(treesToOnnx(model, { name: 'airports' }), features)

  expect(model.trees[0]!.nodes.length).toBeGreaterThan(3)
  expect(furthest(scored, predictTrees(model, features))).toBeLessThan(1e-5)
})

it('exports trees without a split', async () => {
  const model = await train('logistic', { treeCount: 2, minRowsPerLeaf: 5000 }, [people.features[2]!])

  const scored = await score(treesToOnnx(model, { name: 'stump' }), [others[2]!])

  expect(model.trees.every(({ nodes }) => nodes.length === 1)).toBe(true)
  expect(furthest(scored, predictTrees(model, [others[2]!]))).toBeLessThan(1e-6)
})

it.each(['probability', '', '/row'])('refuses a feature with the name "%s"', async (name) => {
  const model = await train('logistic', { treeCount: 1 }, [{ ...people.features[0]!, name }])

  expect(() => treesToOnnx(model, { name: 'people' })).toThrow(`"${name}" cannot be the name of an input`)
})
