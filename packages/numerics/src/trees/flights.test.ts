import { expect, it } from 'vitest'
import { auc } from '../../../../bench/trees/auc.ts'
import { openFlights } from '../../../../bench/trees/flights.ts'
import { predictTrees } from './predict.ts'
import { trainTrees } from './train.ts'

// LightGBM 4.7.0 on the same rows: `bench/trees/bench.ts` writes them to Parquet, `lightgbm_peer.py` trains and scores.
const lightgbm = [
  { month: 2, expected: 0.7254 },
  { month: 3, expected: 0.7213 },
  { month: 4, expected: 0.7202 },
  { month: 5, expected: 0.7053 },
  { month: 6, expected: 0.7087 },
]

it('learns from January what makes flights late as well as LightGBM', { timeout: 300_000 }, async () => {
  using flights = await openFlights(4)

  const january = await flights.month(1)
  const model = await trainTrees(january, {
    loss: 'logistic',
    treeCount: 100,
    leafCount: 63,
    learningRate: 0.1,
    seed: 1,
  })

  expect(january.labels).toHaveLength(508_239)
  for (const { month, expected } of lightgbm) {
    const { features, labels } = await flights.month(month)
    const reached = auc(predictTrees(model, features), labels)
    expect(Math.abs(reached - expected), `AUC ${reached} in month ${month}`).toBeLessThan(0.005)
  }
})
