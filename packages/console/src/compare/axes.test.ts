import { expect, it } from 'vitest'
import { columnText } from '../experiment/columns.ts'
import { axisOf, firstAxes } from './axes.ts'

const metric = (last: number | 'NaN', min: number | null = null) => ({
  last,
  lastStep: 1,
  lastMs: 1,
  min,
  max: null,
  count: 1,
})
const runs = [
  {
    params: { lr: '1e-3', optimizer: 'adam', depth: '6' },
    metrics: { auc: metric(0.9, 0.5), 'system/cpu': metric(3) },
  },
  { params: { lr: '0.1', depth: '6' }, metrics: { auc: metric('NaN') } },
]

it('begins with the params that vary and a metric of the model', () => {
  expect(firstAxes(runs).map(columnText)).toEqual(['param:lr', 'param:optimizer', 'metric:auc'])
})

it('has numbers where all of a param is numbers, and words otherwise; what has no place is null', () => {
  expect(axisOf({ kind: 'param', key: 'lr' }, runs)).toMatchObject({ kind: 'number', values: [0.001, 0.1] })
  expect(axisOf({ kind: 'param', key: 'optimizer' }, runs)).toMatchObject({ kind: 'word', values: ['adam', null] })
  expect(axisOf({ kind: 'metric', key: 'auc' }, runs)).toMatchObject({ kind: 'number', values: [0.9, null] })
  expect(axisOf({ kind: 'min', key: 'auc' }, runs)).toMatchObject({ title: 'auc (min)', values: [0.5, null] })
})
