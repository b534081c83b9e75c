import type { Baseline } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { binsOf } from './bins.ts'
import { columnDrift } from './drift.ts'
import { createTally, type LabelledRow } from './tally.ts'

const numerical: Baseline = {
  feature: 'distance',
  kind: 'numerical',
  rowCount: 100,
  nullCount: 0,
  mean: 20,
  std: 11,
  histogram: { edges: [0, 10, 20, 30, 40], counts: [25, 25, 25, 25] },
  categories: null,
  importance: 0.5,
}
const categorical: Baseline = {
  ...numerical,
  feature: 'city',
  kind: 'categorical',
  mean: null,
  std: null,
  histogram: null,
  categories: { values: ['ATL', 'JFK'], counts: [60, 30], otherCount: 0 },
}

const row = (features: LabelledRow['features']): LabelledRow => ({
  model: 'm',
  version: 1,
  features,
  score: 0.5,
  error: null,
  label: null,
})

function tallyOf(baseline: Baseline, values: readonly LabelledRow['features'][string][]) {
  const tally = createTally([baseline], 1)
  for (const value of values) tally.add(row({ [baseline.feature]: value }))
  return tally.read().columns[0]!
}

const settings = { test: 'jensenshannon', threshold: 0.1, minRows: 5 } as const
const values = [1, 2, 3, 11, 12, 13, 14, 21, 31, 39.5, 40, 45, -3, 22, 23, 24]

it('measures Jensen–Shannon and PSI over the bins of the baseline and one for values outside', () => {
  const drift = columnDrift(tallyOf(numerical, values), settings)

  // scipy.spatial.distance.jensenshannon([25, 25, 25, 25, 0], [3, 4, 4, 3, 2])
  expect(drift.distance).toBeCloseTo(0.21863507146273742, 12)
  // numpy: p, q = np.maximum(shares, 1e-4); np.sum((q - p) * np.log(q / p))
  expect(drift.psi).toBeCloseTo(0.9266095229604863, 12)
  expect(drift).toMatchObject({ status: 'drift', rowCount: 16, nullShare: 0, unseenShare: 2 / 16 })
  expect(drift.relative).toBeCloseTo(2.1863507146273742, 12)
})

it('counts categories that training did not have in a bin of their own', () => {
  const cities = [...Array<string>(5).fill('ATL'), ...Array<string>(10).fill('JFK'), 'XXX', 'YYY', 'ZZZ', 'Q', 'P']
  const drift = columnDrift(tallyOf(categorical, cities), settings)

  // scipy.spatial.distance.jensenshannon([60, 30, 0], [5, 10, 5])
  expect(drift.distance).toBeCloseTo(0.37968939400115065, 12)
  expect(drift.unseenShare).toBe(0.25)
})

it('does not take categories for unseen that training counted as "other"', () => {
  const withOthers = { ...categorical, categories: { values: ['ATL'], counts: [60], otherCount: 40 } }

  expect(columnDrift(tallyOf(withOthers, ['ATL', 'ATL', 'ATL', 'B', 'C']), settings).unseenShare).toBeCloseTo(0, 12)
})

it('says not computable instead of a number when rows are few, or all are missing', () => {
  expect(columnDrift(tallyOf(numerical, [1, 2]), settings)).toMatchObject({ distance: null, status: 'not_computable' })
  expect(columnDrift(tallyOf(numerical, [null, undefined, 'text']), settings)).toMatchObject({
    nullShare: 1,
    mean: null,
    status: 'not_computable',
  })
  expect(columnDrift(tallyOf({ ...numerical, histogram: null }, values), settings).says).toContain(
    'without a distribution',
  )
})

it('sees no drift when the model gets in single precision what the training data had in double', () => {
  const third = 1 / 3
  const baseline = { ...numerical, histogram: { edges: [0, 0.1, third, 1], counts: [10, 10, 10] } }
  const bins = binsOf(baseline)!

  expect([0.05, 0.1, third, 1].map((value) => bins.binOf(Math.fround(value)))).toEqual([0, 1, 2, 2])
  expect([-0.01, 1.01, Number.MAX_VALUE, null, true].map(bins.binOf)).toEqual([3, 3, -1, -1, 2])
})

it('joins bins that are one point in single precision', () => {
  const bins = binsOf({ ...numerical, histogram: { edges: [1, 1 + 1e-12, 2, 2 + 1e-12], counts: [5, 7, 9] } })!

  expect(bins.reference).toEqual([21, 0])
  expect(bins.edges).toEqual([1, 2])
})
