import { expect, it } from 'vitest'
import { performanceOf } from './performance.ts'

const labels = [0, 0, 1, 0, 1, 1, 0, 1, 1, 0]
const scores = [0.1, 0.35, 0.4, 0.2, 0.8, 0.7, 0.55, 0.9, 0.3, 0.05]
const bound = { metric: 'auc', atLeast: 0.9, windows: 2, minLabels: 5 } as const

it('measures AUC with its interval, log loss and calibration', () => {
  const found = performanceOf({ labels, scores }, bound)

  // sklearn.metrics.roc_auc_score(labels, scores), log_loss(labels, scores)
  expect(found.auc).toBeCloseTo(0.88, 12)
  expect(found.logLoss).toBeCloseTo(0.4414530520780672, 12)
  // DeLong by its definition in numpy: variance 0.0128; 0.88 ± 1.96 · √0.0128, cut at 1
  expect(found.aucLow).toBeCloseTo(0.6582553881040514, 8)
  expect(found.aucHigh).toBe(1)
  // numpy: sum over tenths of share · |mean(label) − mean(score)|
  expect(found.calibrationError).toBeCloseTo(0.245, 12)
  expect(found).toMatchObject({ positiveShare: 0.5, status: 'below' })
  expect(found.meanScore).toBeCloseTo(0.435, 12)
  expect(performanceOf({ labels, scores }, { ...bound, atLeast: 0.88 - 1e-9 }).status).toBe('ok')
})

it('shows the figures but does not judge when labels are few', () => {
  const found = performanceOf({ labels, scores }, { ...bound, minLabels: 11 })

  expect(found).toMatchObject({ status: 'not_computable' })
  expect(found.auc).toBeCloseTo(0.88, 12)
  expect(found.says).toContain('too few to judge, it takes 11')
})

it('cannot rank one class, and does not read a score beyond 1 as a probability', () => {
  expect(performanceOf({ labels: [1, 1, 1], scores: [0.1, 0.2, 0.3] }, bound)).toMatchObject({
    auc: null,
    status: 'not_computable',
  })
  expect(performanceOf({ labels: [], scores: [] }, bound)).toMatchObject({
    auc: null,
    positiveShare: null,
    meanScore: null,
  })
  expect(performanceOf({ labels: [0, 1, 0, 1, 1], scores: [-3, 4, 1, 2, 5] }, bound)).toMatchObject({
    auc: 1,
    logLoss: null,
    calibrationError: null,
  })
})
