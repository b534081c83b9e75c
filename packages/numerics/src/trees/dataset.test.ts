import { describe, expect, it, vi } from 'vitest'
import type { FeatureColumn, TreeDataset } from './dataset.ts'
import type { TreeOptions } from './options.ts'
import { trainTrees } from './train.ts'

// Threads start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const options: TreeOptions = { loss: 'logistic', treeCount: 1, leafCount: 2, learningRate: 0.1, seed: 1 }
const hour: FeatureColumn = { kind: 'numerical', name: 'hour', values: Float64Array.of(1, 2, 3) }
const origin: FeatureColumn = {
  kind: 'categorical',
  name: 'origin',
  codes: Int32Array.of(0, 1, -1),
  categories: ['A', 'B'],
}
const dataset: TreeDataset = { features: [hour, origin], labels: Float64Array.of(0, 1, 0) }
const withFeatures = (...features: FeatureColumn[]): TreeDataset => ({ ...dataset, features })

describe('a data set is refused', () => {
  it.each<[string, TreeDataset, string]>([
    ['without features', withFeatures(), 'the data set has no feature columns'],
    ['without rows', { features: [], labels: new Float64Array() }, 'the data set has no rows'],
    ['with two columns of one name', withFeatures(hour, hour), 'two columns are called "hour"'],
    [
      'with columns of unequal length',
      withFeatures({ ...hour, values: Float64Array.of(1) }),
      '"hour" has 1 rows, but 3',
    ],
    [
      'with an infinite value',
      withFeatures({ ...hour, values: Float64Array.of(1, Infinity, 2) }),
      '"hour" has Infinity in row 1',
    ],
    [
      'with a value beyond float32',
      withFeatures({ ...hour, values: Float64Array.of(1, 2, -4e38) }),
      '"hour" has -4e+38 in row 2',
    ],
    [
      'with a column of nothing but missing values',
      withFeatures(hour, { ...origin, codes: new Int32Array(3).fill(-1) }),
      'every value of column "origin" is missing',
    ],
    ['with a code that has no category', withFeatures({ ...origin, codes: Int32Array.of(0, 2, 0) }), 'code 2 in row 1'],
    ['with a category twice', withFeatures({ ...origin, categories: ['A', 'A'] }), 'lists a category twice'],
    ['with a label that is no class', { ...dataset, labels: Float64Array.of(0, 2, 1) }, 'the label in row 1 is 2'],
    ['with a missing label', { ...dataset, labels: Float64Array.of(0, 1, Number.NaN) }, 'the label in row 2 is NaN'],
    ['with labels of one class only', { ...dataset, labels: new Float64Array(3) }, 'every label is 0'],
  ])('%s', async (_, refused, message) => {
    await expect(trainTrees(refused, options)).rejects.toThrow(message)
    await expect(trainTrees(refused, options)).rejects.toThrow(RangeError)
  })

  it('as a validation set that lacks a feature', async () => {
    const earlyStopping = { rounds: 1, validation: withFeatures(hour) }

    await expect(trainTrees(dataset, { ...options, earlyStopping })).rejects.toThrow('column "origin" is missing')
  })
})

describe('an option is refused', () => {
  it.each<[Partial<TreeOptions>, string]>([
    [{ treeCount: 0 }, 'treeCount is 0; give a whole number of at least 1'],
    [{ leafCount: 1 }, 'leafCount is 1; give a whole number of at least 2'],
    [{ learningRate: 0 }, 'learningRate is 0; give a number above 0 and up to 1'],
    [{ maxDepth: 0.5 }, 'maxDepth is 0.5'],
    [{ minRowsPerLeaf: 0 }, 'minRowsPerLeaf is 0'],
    [{ lambdaL2: -1 }, 'lambdaL2 is -1'],
    [{ rowShare: 1.1 }, 'rowShare is 1.1'],
    [{ featureShare: 0 }, 'featureShare is 0'],
    [{ seed: Number.NaN }, 'seed is NaN'],
    [{ threadCount: 0 }, 'threadCount is 0'],
    [{ loss: 'softmax' }, 'classCount is NaN; give a whole number of at least 2'],
    [{ classCount: 3 }, 'classCount is 3, but the logistic loss has no classes'],
    [{ earlyStopping: { rounds: 0, validation: dataset } }, 'earlyStopping.rounds is 0'],
  ])('%o', async (option, message) => {
    await expect(trainTrees(dataset, { ...options, ...option })).rejects.toThrow(message)
  })
})

it('gives a tree of one leaf when there are too few rows to split', async () => {
  const model = await trainTrees(dataset, options)

  expect(model.trees).toEqual([{ nodes: [{ kind: 'leaf', value: expect.closeTo(0, 6), rowCount: 3 }] }])
  expect(model.baseScores).toEqual([Math.log(1 / 2)])
})
