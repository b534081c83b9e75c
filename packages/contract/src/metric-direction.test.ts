import { expect, it } from 'vitest'
import { metricDirection } from './metric-direction.ts'

it.each([
  ['auc', 'higher'],
  ['val_accuracy', 'higher'],
  ['eval/macroF1', 'higher'],
  ['log_loss', 'lower'],
  ['valLogLoss', 'lower'],
  ['roc_error', 'lower'],
  ['test-rmse', 'lower'],
  ['p95 latency ms', 'lower'],
  ['rows', null],
  ['lossless', null],
])('%s: %s', (name, direction) => {
  expect(metricDirection(name)).toBe(direction)
})
