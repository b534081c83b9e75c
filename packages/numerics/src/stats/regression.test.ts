import { expect, it } from 'vitest'
import { mae, r2, rmse } from './regression.ts'
import { lattice } from './testing.ts'

const actual = lattice(60, 17, 71)
const predicted = lattice(60, 5, 61).map((value, i) => actual[i]! * 0.8 + value * 0.2)

// sklearn.metrics: root_mean_squared_error, mean_absolute_error, r2_score
it.each([
  { metric: rmse, expected: 0.08190211560656856 },
  { metric: mae, expected: 0.06635265142769184 },
  { metric: r2, expected: 0.9217784950879814 },
])('follows scikit-learn: $metric.name', ({ metric, expected }) => {
  expect(metric(actual, predicted)).toBeCloseTo(expected, 12)
})

it('refuses columns that do not fit and a constant to explain', () => {
  expect(() => rmse([1, 2], [1])).toThrow('rmse: 2 actual values but 1 predictions')
  expect(() => mae([], [])).toThrow('mae: the actual sample is empty')
  expect(() => r2([3, 3], [3, 3])).toThrow('r2: the actual values are all equal')
})
