import { describe, expect, it } from 'vitest'
import { delongCompare, delongVariance, rocAuc } from './roc-auc.ts'
import { lattice, tiedLattice } from './testing.ts'

const mixed = lattice(200, 37, 211).map((value, i) => value * 0.6 + lattice(200, 29, 199)[i]! * 0.6)
const labels = Uint8Array.from(mixed, (value) => Number(value > 0.62))
const good = tiedLattice(200, 37, 211)
const useless = tiedLattice(200, 53, 223)
const close = lattice(200, 37, 211).map((value, i) => {
  return Math.round((value + 0.3 * lattice(200, 53, 223)[i]!) * 100) / 100
})

describe('area under the ROC curve', () => {
  // sklearn.metrics.roc_auc_score(labels, scores)
  it.each([
    { name: 'good', scores: good, auc: 0.8433977455716587 },
    { name: 'useless', scores: useless, auc: 0.47715378421900156 },
    { name: 'close', scores: close, auc: 0.8241243961352657 },
  ])('follows scikit-learn on $name scores with ties', ({ scores, auc }) => {
    expect(rocAuc(labels, scores)).toBeCloseTo(auc, 12)
  })

  it.each([
    { name: 'all pairs right', labels: [0, 0, 1], scores: [1, 2, 3], auc: 1 },
    { name: 'all pairs wrong', labels: [1, 0, 0], scores: [1, 2, 3], auc: 0 },
    { name: 'all pairs tied', labels: [0, 1, 1], scores: [2, 2, 2], auc: 0.5 },
  ])('$name', ({ labels: given, scores, auc }) => {
    expect(rocAuc(given, scores)).toBe(auc)
  })

  it('refuses one class, another label and columns that do not fit', () => {
    expect(() => rocAuc([1, 1], [0.1, 0.2])).toThrow('rocAuc: no row is negative')
    expect(() => rocAuc([0, 2], [0.1, 0.2])).toThrow('rocAuc: label 1 is 2; give 1 for the positive class')
    expect(() => rocAuc([0, 1], [0.1])).toThrow('rocAuc: 2 labels but 1 scores')
  })
})

// The definition, pair by pair: k = (x > y) + (x == y) / 2; numpy.cov of the row and column means of k
describe('DeLong', () => {
  it('gives the variance of one area', () => {
    const { auc, variance, standardError, interval } = delongVariance(labels, good)

    expect(auc).toBeCloseTo(0.8433977455716587, 12)
    expect(variance).toBeCloseTo(0.0007379617885279559, 14)
    expect(standardError).toBeCloseTo(Math.sqrt(0.0007379617885279559), 12)
    expect(interval(0.9999999999).upper).toBe(1)
  })

  it.each([
    {
      name: 'far apart',
      scores: useless,
      difference: 0.3662439613526569,
      standardError: 0.04993135170969239,
      pValue: 2.2180450555831585e-13,
      lower: 0.2683803103022574,
      upper: 0.4641076124030564,
    },
    {
      name: 'close',
      scores: close,
      difference: 0.019273349436392806,
      standardError: 0.010441088737794046,
      pValue: 0.06490472748231664,
      lower: -0.0011908084490702964,
      upper: 0.03973750732185591,
    },
  ])('compares two models that are $name', ({ scores, difference, standardError, pValue, lower, upper }) => {
    const result = delongCompare(labels, good, scores)

    expect(result.difference).toBeCloseTo(difference, 12)
    expect(result.standardError).toBeCloseTo(standardError, 12)
    expect(result.pValue / pValue).toBeCloseTo(1, 9)
    expect(result.interval(0.95).lower).toBeCloseTo(lower, 12)
    expect(result.interval(0.95).upper).toBeCloseTo(upper, 12)
  })

  it('finds no difference between a model and itself', () => {
    expect(delongCompare(labels, good, good)).toMatchObject({ difference: 0, standardError: 0, pValue: 1 })
  })

  it('refuses a class of one row', () => {
    expect(() => delongVariance([0, 0, 1], [1, 2, 3])).toThrow('1 positive and 2 negative rows; a variance needs two')
  })
})
