import { describe, expect, it } from 'vitest'
import { calibrationBins, expectedCalibrationError } from './calibration.ts'
import { averagePrecision, baseRate, brierScore, confusionAt, confusionRates, logLoss } from './classification.ts'
import { quantileEdges } from './histogram.ts'
import { lattice, tiedLattice } from './testing.ts'

const mixed = lattice(200, 37, 211).map((value, i) => value * 0.6 + lattice(200, 29, 199)[i]! * 0.6)
const labels = Uint8Array.from(mixed, (value) => Number(value > 0.62))
const scores = tiedLattice(200, 37, 211)

// sklearn.metrics: average_precision_score, log_loss, brier_score_loss
it.each([
  { metric: averagePrecision, expected: 0.8115905034851665 },
  { metric: logLoss, expected: 0.48886480355752354 },
  { metric: brierScore, expected: 0.16250799999999999 },
])('follows scikit-learn: $metric.name', ({ metric, expected }) => {
  expect(metric(labels, scores)).toBeCloseTo(expected, 12)
})

it('counts a sure mistake as −ln of the clip', () => {
  expect(logLoss([1], [0])).toBeCloseTo(52 * Math.LN2, 12)
  expect(logLoss([1], [0], 0.01)).toBeCloseTo(Math.log(100), 12)
})

it('gives the base rate to scores without information', () => {
  expect(averagePrecision([1, 0, 0, 1], [3, 3, 3, 3])).toBe(0.5)
  expect(baseRate([1, 0, 0, 1])).toBe(0.5)
})

it('leaves labels and scores as they were', () => {
  const given = Float64Array.of(0.1, 0.9, 0.5)

  averagePrecision([1, 0, 1], given)

  expect(given).toEqual(Float64Array.of(0.1, 0.9, 0.5))
})

it('refuses scores that are no probabilities', () => {
  expect(() => logLoss([1], [1.2])).toThrow('logLoss: score 0 is 1.2; give probabilities from 0 to 1')
  expect(() => brierScore([], [])).toThrow('brier: the score sample is empty')
  expect(() => confusionAt([1], [0.5], Number.NaN)).toThrow('confusion: the threshold is NaN')
})

describe('confusion', () => {
  it('calls a score at the threshold positive', () => {
    // sklearn.metrics.confusion_matrix(labels, scores >= 0.5), precision_score, recall_score, f1_score, accuracy_score
    const confusion = confusionAt(labels, scores, 0.5)

    expect(confusion).toEqual({ trueNegatives: 79, falsePositives: 29, falseNegatives: 20, truePositives: 72 })
    const rates = confusionRates(confusion)
    expect(rates.precision).toBeCloseTo(0.7128712871287128, 12)
    expect(rates.recall).toBeCloseTo(0.782608695652174, 12)
    expect(rates.f1).toBeCloseTo(0.7461139896373057, 12)
    expect(rates.accuracy).toBeCloseTo(0.755, 12)
    expect(rates.specificity).toBeCloseTo(79 / 108, 12)
  })

  it('leaves a rate open when there is nothing to divide by', () => {
    expect(confusionRates(confusionAt([0, 0], [0.1, 0.2], 0.5))).toEqual({
      accuracy: 1,
      precision: null,
      recall: null,
      specificity: 1,
      f1: null,
    })
  })
})

describe('calibration', () => {
  it('compares promised with observed shares by tenths', () => {
    // bin = numpy.digitize(scores, numpy.arange(1, 10) / 10); scikit-learn closes its bins on the other side
    const bins = calibrationBins(labels, scores)

    expect(bins.map(({ count }) => count)).toEqual([20, 20, 20, 20, 19, 21, 19, 20, 20, 21])
    expect(bins[7]!.positiveShare).toBeCloseTo(0.8, 12)
    expect(bins[7]!.meanScore).toBeCloseTo(0.743, 12)
    // sum over bins of |mean score − mean label| · rows / 200
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.0511, 12)
  })

  it('takes bins of equal count as well, and leaves out empty ones', () => {
    const equal = calibrationBins(labels, scores, quantileEdges(scores, 4))
    const sparse = calibrationBins([0, 1], [0.05, 0.95])

    expect(equal).toHaveLength(4)
    expect(equal.every(({ count }) => Math.abs(count - 50) <= 2)).toBe(true)
    expect(sparse.map(({ lower, upper }) => [lower, upper])).toEqual([
      [0, 0.1],
      [0.9, 1],
    ])
    expect(expectedCalibrationError(sparse)).toBeCloseTo(0.05, 12)
  })

  it('refuses bins without rows', () => {
    expect(() => expectedCalibrationError([])).toThrow('calibration: the given window has no rows')
  })
})
