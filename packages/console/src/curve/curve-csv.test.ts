import type { Curve } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { curveCsv } from './curve-csv.ts'

const runs = [
  { id: 'r1', name: 'adam, 1', startedMs: 0, colour: 0 },
  { id: 'r2', name: 'no curve', startedMs: 0, colour: 1 },
]
const curves: Curve[] = [
  {
    run: 'r1',
    metric: 'loss',
    total: 3,
    points: [
      [0, 1000, 0],
      [1, 2000, 'NaN'],
      [2, 3000, 1],
    ],
  },
]

it('has the points of a chart in their order, and what smoothing makes of them beside what was logged', () => {
  expect(curveCsv('loss', runs, curves, { axis: 'step', smooth: 0 }).split('\r\n')).toEqual([
    'metric,run,run_id,step,time,value',
    'loss,"adam, 1",r1,0,1970-01-01T00:00:01.000Z,0',
    'loss,"adam, 1",r1,1,1970-01-01T00:00:02.000Z,NaN',
    'loss,"adam, 1",r1,2,1970-01-01T00:00:03.000Z,1',
    '',
  ])
  // By hand: 0.5·1 / 0.75.
  const [, , gap, last] = curveCsv('loss', runs, curves, { axis: 'step', smooth: 0.5 }).split('\r\n')
  expect(gap!.endsWith('NaN,')).toBe(true)
  expect(last!.endsWith(`1,${0.5 / 0.75}`)).toBe(true)
})
