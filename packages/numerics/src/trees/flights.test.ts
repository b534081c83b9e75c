import { expect, it } from 'vitest'
import { auc } from '../../../../bench/trees/auc.ts'
import { openFlights } from '../../../../bench/trees/flights.ts'
import { predictTrees } from './predict.ts'
import { trainTrees } from './train.ts'

// LightGBM with the same hyper-parameters and features, on all rows of each month; one row in four is kept here.
const lightgbm = [
  { month: 2, expected: 0.734 },
  { month: 3, expected: 0.727 },
  { month: 4, expected: 0.723 },
  { month: 5, expected: 0.712 },
  { month: 6, expected: 0.717 },
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
