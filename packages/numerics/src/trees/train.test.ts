import { describe, expect, it, vi } from 'vitest'
import type { TreeDataset } from './dataset.ts'
import type { TreeModel } from './model.ts'
import type { TreeOptions } from './options.ts'
import { predictTrees } from './predict.ts'
import { labelsOf, makePeople } from './testing.ts'
import { trainTrees } from './train.ts'

// Threads start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const people = makePeople(4000, 7)
const options = { treeCount: 20, leafCount: 15, learningRate: 0.2, seed: 1 }
const late: TreeDataset = { features: people.features, labels: labelsOf.logistic(people) }
const logistic: TreeOptions = { ...options, loss: 'logistic' }

/** Mean log loss of class 1, or of classes in rows of `classCount`. */
function logLoss(probabilities: Float64Array, labels: Float64Array, classCount: number): number {
  const ofLabel = (label: number, row: number) => {
    if (classCount > 1) return probabilities[row * classCount + label]!
    return label === 1 ? probabilities[row]! : 1 - probabilities[row]!
  }
  return labels.reduce((sum, label, row) => sum - Math.log(ofLabel(label, row)), 0) / labels.length
}

// LightGBM 4.7.0 on the same rows (`makePeople(4000, 7)` written in Python, `region` a pandas categorical):
//   LGBMClassifier(n_estimators=20, num_leaves=15, learning_rate=0.2).fit(X, y).predict_proba(X)
describe('agrees with LightGBM', () => {
  it('on the logistic loss', async () => {
    const model = await trainTrees(late, logistic)

    const probabilities = predictTrees(model, people.features)
    const expected = [0.13387283870596148, 0.033654448421485704, 0.9719852745201968, 0.9667233159274845]
    expected.forEach((value, row) => expect(probabilities[row]).toBeCloseTo(value, 6))
    expect(logLoss(probabilities, late.labels, 1)).toBeCloseTo(0.2831691005057551, 8)
  })

  it('on the squared loss', async () => {
    const model = await trainTrees({ ...late, labels: people.scores }, { ...options, loss: 'squared' })

    const values = predictTrees(model, people.features)
    const expected = [0.7650238958544201, -0.46916523556266493, 3.908533621988179, 3.7122400846375037]
    expected.forEach((value, row) => expect(values[row]).toBeCloseTo(value, 6))
    const error = values.reduce((sum, value, row) => sum + (value - people.scores[row]!) ** 2, 0) / values.length
    expect(error).toBeCloseTo(0.43800534607025393, 8)
  })

  it('on the softmax loss', async () => {
    const labels = labelsOf.softmax(people)
    const classes: TreeOptions = { ...options, loss: 'softmax', classCount: 3 }

    const first = await trainTrees({ ...late, labels }, { ...classes, treeCount: 2 })
    const all = await trainTrees({ ...late, labels }, classes)

    const probabilities = predictTrees(first, people.features)
    const expected = [0.34824792709809016, 0.3926954139266907, 0.2590566589752191]
    expected.forEach((value, index) => expect(probabilities[index]).toBeCloseTo(value, 6))
    expect(first.trees).toHaveLength(6)
    // Later on, splits of nearly equal gain go either way.
    expect(logLoss(predictTrees(all, people.features), labels, 3) / 0.4757956433074636).toBeCloseTo(1, 2)
  })
})

it('grows the same model on any number of threads', async () => {
  const rows = makePeople(40_000, 3)
  const dataset = { features: rows.features, labels: labelsOf.softmax(rows) }
  const drawn: TreeOptions = {
    ...options,
    loss: 'softmax',
    classCount: 3,
    treeCount: 3,
    rowShare: 0.6,
    featureShare: 0.7,
  }

  const alone = await trainTrees(dataset, { ...drawn, threadCount: 1 })
  const together = await trainTrees(dataset, { ...drawn, threadCount: 3 })

  expect(together).toEqual(alone)
})

it('draws other rows and features with another seed', async () => {
  const drawn = { ...logistic, treeCount: 3, rowShare: 0.5 }

  const first = await trainTrees(late, drawn)
  const second = await trainTrees(late, { ...drawn, seed: 2 })

  expect(second.trees).not.toEqual(first.trees)
  const [root] = first.trees[0]!.nodes
  expect(root!.rowCount / late.labels.length).toBeCloseTo(0.5, 1)
})

it('uses only the drawn features in a tree', async () => {
  const model = await trainTrees(late, { ...logistic, featureShare: 0.3 })

  for (const tree of model.trees) expect(featuresOf(tree).size).toBe(1)
  expect(new Set(model.trees.flatMap((tree) => [...featuresOf(tree)])).size).toBe(3)
})

it('keeps to the limits of leaves, depth and rows', async () => {
  const limits = { leafCount: 9, maxDepth: 4, minRowsPerLeaf: 150 }
  const model = await trainTrees({ ...late, labels: people.scores }, { ...options, ...limits, loss: 'squared' })

  for (const { nodes } of model.trees) {
    const leaves = nodes.filter(({ kind }) => kind === 'leaf')
    expect(leaves.length).toBeLessThanOrEqual(9)
    expect(Math.min(...leaves.map(({ rowCount }) => rowCount))).toBeGreaterThanOrEqual(150)
    expect(leaves.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(4000)
    expect(depthOf(nodes, 0)).toBeLessThanOrEqual(4)
  }
})

it('credits each feature with the gain and number of its splits', async () => {
  const model = await trainTrees(late, logistic)

  const splits = model.trees.flatMap(({ nodes }) => nodes.filter((node) => node.kind !== 'leaf'))
  expect(model.features.map(({ splitCount }) => splitCount)).toEqual(
    [0, 1, 2].map((feature) => splits.filter((split) => split.feature === feature).length),
  )
  const total = splits.reduce((sum, { gain }) => sum + gain, 0)
  expect(model.features.reduce((sum, { gain }) => sum + gain, 0)).toBeCloseTo(total, 6)
})

it('survives JSON unchanged', async () => {
  const model = await trainTrees(late, logistic)

  expect(JSON.parse(JSON.stringify(model))).toEqual(model)
})

it('learns the same from columns that lie in shared memory already', async () => {
  const shared = (values: Float64Array) => {
    const copy = new Float32Array(new SharedArrayBuffer(4 * values.length))
    copy.set(values)
    return copy
  }
  const features = people.features.map((column) => {
    if (column.kind === 'numerical') return { ...column, values: shared(Float64Array.from(column.values)) }
    const codes = new Int32Array(new SharedArrayBuffer(4 * column.codes.length))
    codes.set(column.codes)
    return { ...column, codes }
  })

  const model = await trainTrees({ ...late, features }, logistic)

  expect(model).toEqual(await trainTrees(late, logistic))
})

it('leaves the labels and columns as they were', async () => {
  const before = structuredClone(late)

  await trainTrees(late, logistic)

  expect(late).toEqual(before)
})

describe('early stopping', () => {
  const other = makePeople(1500, 11)
  const validation = { features: other.features, labels: labelsOf.logistic(other) }
  const patient: TreeOptions = { ...logistic, treeCount: 400, earlyStopping: { rounds: 5, validation } }

  it('keeps the round with the least validation loss', async () => {
    const losses: number[] = []

    const model = await trainTrees(late, patient, { onTree: ({ validationLoss }) => losses.push(validationLoss!) })

    const best = losses.indexOf(Math.min(...losses)) + 1
    expect(losses).toHaveLength(best + 5)
    expect(best).toBeLessThan(395)
    expect(model.trees).toHaveLength(best)
    expect(logLoss(predictTrees(model, other.features), validation.labels, 1)).toBeCloseTo(losses[best - 1]!, 10)
  })

  it('sees the same loss on any number of threads', async () => {
    const lossesOf = async (threadCount: number) => {
      const rows = makePeople(20_000, 5)
      const losses: (number | undefined)[] = []
      const dataset = { features: rows.features, labels: labelsOf.logistic(rows) }
      await trainTrees(
        dataset,
        { ...patient, treeCount: 3, threadCount },
        { onTree: (p) => losses.push(p.validationLoss) },
      )
      return losses
    }

    expect(await lossesOf(2)).toEqual(await lossesOf(1))
  })
})

it('tells of every round', async () => {
  const rounds: unknown[] = []

  await trainTrees(late, { ...logistic, treeCount: 3 }, { onTree: (progress) => rounds.push(progress) })

  expect(rounds).toEqual([1, 2, 3].map((round) => ({ round, roundCount: 3, validationLoss: undefined })))
})

it('ends with the error of a listener', async () => {
  const error = new Error('the disk is full')
  const onTree = () => {
    throw error
  }

  await expect(trainTrees(late, { ...logistic, treeCount: 1_000_000 }, { onTree })).rejects.toBe(error)
})

describe('aborting', () => {
  it('ends a training that runs, with the reason', async () => {
    const controller = new AbortController()
    const reason = new Error('changed my mind')
    let rounds = 0

    const training = trainTrees(
      late,
      { ...logistic, treeCount: 1_000_000 },
      {
        signal: controller.signal,
        onTree: () => {
          if (++rounds === 3) controller.abort(reason)
        },
      },
    )

    await expect(training).rejects.toBe(reason)
  })

  it('does not begin when it is too late', async () => {
    await expect(trainTrees(late, logistic, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
  })
})

it('leaves the event loop free', async () => {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)

  const begin = performance.now()
  await trainTrees(late, { ...logistic, treeCount: 300 })
  const took = performance.now() - begin
  clearInterval(timer)

  expect(longest).toBeLessThan(took / 2)
})

const featuresOf = ({ nodes }: TreeModel['trees'][number]) =>
  new Set(nodes.flatMap((node) => (node.kind === 'leaf' ? [] : [node.feature])))

function depthOf(nodes: TreeModel['trees'][number]['nodes'], index: number): number {
  const node = nodes[index]!
  return node.kind === 'leaf' ? 0 : 1 + Math.max(depthOf(nodes, node.left), depthOf(nodes, node.right))
}
