import { expect, it } from 'vitest'
import type { FeatureColumn } from './dataset.ts'
import type { TreeModel } from './model.ts'
import { predictRawScores, predictTrees } from './predict.ts'

const model: TreeModel = {
  format: 'evenkeel.trees/1',
  loss: 'logistic',
  outputCount: 1,
  features: [
    { kind: 'numerical', name: 'hour', gain: 1, splitCount: 1 },
    { kind: 'categorical', name: 'origin', categories: ['A', 'B', 'C'], gain: 1, splitCount: 1 },
  ],
  baseScores: [0.5],
  trees: [
    {
      nodes: [
        {
          kind: 'numerical',
          feature: 0,
          threshold: 0.10000000149011612,
          missingLeft: true,
          gain: 1,
          rowCount: 3,
          left: 1,
          right: 2,
        },
        { kind: 'leaf', value: 1, rowCount: 1 },
        { kind: 'categorical', feature: 1, codes: [0, 2], gain: 1, rowCount: 2, left: 3, right: 4 },
        { kind: 'leaf', value: 2, rowCount: 1 },
        { kind: 'leaf', value: 3, rowCount: 1 },
      ],
    },
  ],
}
const hour = (...values: number[]): FeatureColumn => ({
  kind: 'numerical',
  name: 'hour',
  values: Float64Array.from(values),
})
const origin = (categories: string[], ...codes: number[]): FeatureColumn => ({
  kind: 'categorical',
  name: 'origin',
  categories,
  codes: Int32Array.from(codes),
})

it('compares as float32, and sends what is missing where training sent it', () => {
  const scores = predictRawScores(model, [hour(0.1, 0.11, Number.NaN, Infinity), origin(['A'], 0, 0, 0, 0)])

  expect([...scores]).toEqual([1.5, 2.5, 1.5, 2.5])
})

it('knows categories by name; missing and unseen ones go right', () => {
  const scores = predictRawScores(model, [hour(9, 9, 9, 9, 9), origin(['C', 'Z', 'B', 'A'], 0, 1, 2, 3, -1)])

  expect([...scores]).toEqual([2.5, 3.5, 3.5, 2.5, 3.5])
})

it('takes columns in any sequence, and more than it needs', () => {
  const extra: FeatureColumn = { kind: 'numerical', name: 'extra', values: Float32Array.of(1) }

  expect([...predictTrees(model, [extra, origin(['A'], 0), hour(0)])]).toEqual([1 / (1 + Math.exp(-1.5))])
})

it.each([
  { features: [hour(1)], message: 'column "origin" is missing; give every feature of the model' },
  {
    features: [hour(1), { ...hour(1), name: 'origin' }],
    message: '"origin" is numerical, but the model knows it as categorical',
  },
  { features: [hour(1, 2), origin(['A'], 0)], message: 'column "origin" has 1 rows, but 2 were expected' },
])('refuses: $message', ({ features, message }) => {
  expect(() => predictTrees(model, features)).toThrow(message)
})

it('lays out class probabilities row by row', () => {
  const leaf = (value: number) => ({ nodes: [{ kind: 'leaf' as const, value, rowCount: 1 }] })
  const classes: TreeModel = {
    ...model,
    loss: 'softmax',
    outputCount: 3,
    baseScores: [0, 0, Math.log(2)],
    trees: [leaf(0), model.trees[0]!, leaf(0)],
  }

  const probabilities = predictTrees(classes, [hour(0, 1), origin(['A'], 0, 0)])

  const [e1, e2] = [Math.E, Math.E ** 2]
  const expected = [1 / (3 + e1), e1 / (3 + e1), 2 / (3 + e1), 1 / (3 + e2), e2 / (3 + e2), 2 / (3 + e2)]
  expected.forEach((value, index) => expect(probabilities[index]).toBeCloseTo(value, 12))
})
