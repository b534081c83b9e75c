import { expect, it } from 'vitest'
import { period, signed } from './words.ts'

it.each([
  ['2001-02-01T00:00:00Z', '2001-03-01T00:00:00Z', '2001-02'],
  ['2001-12-01T00:00:00Z', '2002-01-01T00:00:00Z', '2001-12'],
  ['2001-02-01T00:00:00Z', '2001-02-15T00:00:00Z', '2001-02-01 to 2001-02-14'],
  ['2001-02-01T00:00:00Z', '2001-02-14T23:59:59Z', '2001-02-01 to 2001-02-14'],
  ['2001-02-01T00:00:00Z', '2001-02-02T00:00:00Z', '2001-02-01'],
  ['2001-01-15T00:00:00Z', '2001-02-15T00:00:00Z', '2001-01-15 to 2001-02-14'],
])('calls [%s, %s) %s', (holdoutFrom, holdoutUntil, words) => {
  expect(period({ holdoutFrom, holdoutUntil })).toBe(words)
})

it('gives every difference its sign', () => {
  expect([0.00614, -0.0122, 0].map(signed)).toEqual(['+0.0061', '−0.0122', '0.0000'])
})
