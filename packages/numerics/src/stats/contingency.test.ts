import { describe, expect, it } from 'vitest'
import { chiSquareGoodnessOfFit, chiSquareHomogeneity, twoProportionZ } from './contingency.ts'

describe('goodness of fit', () => {
  // scipy.stats.chisquare(current, reference * current.sum() / reference.sum())
  it.each([
    { reference: [30, 20, 50], current: [18, 22, 60], statistic: 7, pValue: 0.0301973834223185 },
    { reference: [30, 25, 50], current: [18, 22, 67], statistic: 10.698130841121499, pValue: 0.0047525905979656025 },
  ])('follows SciPy for $current', ({ reference, current, statistic, pValue }) => {
    const result = chiSquareGoodnessOfFit(reference, current)

    expect(result.statistic).toBeCloseTo(statistic, 10)
    expect(result.pValue).toBeCloseTo(pValue, 12)
    expect(result.degreesOfFreedom).toBe(2)
  })

  it('is certain about a category the reference never had', () => {
    expect(chiSquareGoodnessOfFit([5, 0], [5, 1])).toEqual({ statistic: Infinity, degreesOfFreedom: 1, pValue: 0 })
  })

  it('says nothing when one category is all there is', () => {
    expect(chiSquareGoodnessOfFit([5, 0], [7, 0])).toEqual({ statistic: 0, degreesOfFreedom: 0, pValue: 1 })
  })
})

describe('homogeneity', () => {
  // scipy.stats.chi2_contingency([reference, current])
  it.each([
    { reference: [30, 25, 50], current: [18, 22, 67], statistic: 5.643209150864745, pValue: 0.05951037716920789 },
    { reference: [12, 30], current: [20, 15], statistic: 5.29419560185185, pValue: 0.02139661096713905 },
    { reference: [10, 10], current: [10, 11], statistic: 0, pValue: 1 },
    { reference: [12, 0, 30], current: [20, 0, 15], statistic: 5.29419560185185, pValue: 0.02139661096713905 },
  ])('follows SciPy for $current', ({ reference, current, statistic, pValue }) => {
    const result = chiSquareHomogeneity(reference, current)

    expect(result.statistic).toBeCloseTo(statistic, 10)
    expect(result.pValue).toBeCloseTo(pValue, 12)
  })

  it('refuses a window without rows', () => {
    expect(() => chiSquareHomogeneity([1, 2], [0, 0])).toThrow('chiSquare: the current window has no rows')
  })
})

describe('two proportions', () => {
  it('compares them with a pooled variance', () => {
    // z = (80/250 - 45/200) / sqrt(125/450 * 325/450 * (1/200 + 1/250)); 2 * scipy.stats.norm.sf(z)
    const { z, pValue } = twoProportionZ({ successes: 45, trials: 200 }, { successes: 80, trials: 250 })

    expect(z).toBeCloseTo(2.2357239405752978, 12)
    expect(pValue).toBeCloseTo(0.025369859822053694, 12)
  })

  it('sees no difference between all and all', () => {
    expect(twoProportionZ({ successes: 3, trials: 3 }, { successes: 9, trials: 9 })).toEqual({ z: 0, pValue: 1 })
  })

  it('refuses more successes than trials', () => {
    expect(() => twoProportionZ({ successes: 4, trials: 3 }, { successes: 0, trials: 1 })).toThrow(
      'twoProportionZ: 4 successes of 3 trials',
    )
  })
})
