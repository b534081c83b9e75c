import { expect, it } from 'vitest'
import { pointsOf } from './points.ts'

const curve = {
  points: [
    [1, 1500, 4],
    ['9007199254740993', 1200, 'NaN'],
    [3, 1900, -1],
  ] as [number | string, number, number | 'NaN'][],
}

it('draws over steps or over time since the run began, whichever order that is', () => {
  expect(pointsOf(curve, 1000, { axis: 'step', smooth: 0, log: false })).toEqual([
    [1, 4],
    [3, -1],
    [9_007_199_254_740_992, null],
  ])
  expect(pointsOf(curve, 1000, { axis: 'time', smooth: 0, log: false })).toEqual([
    [200, null],
    [500, 4],
    [900, -1],
  ])
})

it('has no place for what is not above zero on a logarithmic axis', () => {
  expect(pointsOf(curve, 0, { axis: 'step', smooth: 0, log: true }).map(([, value]) => value)).toEqual([4, null, null])
})
