import type { MetricPoint } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { seriesOf } from './metric-series.ts'

const point = (name: string, value: MetricPoint['value'], labels: MetricPoint['labels'] = {}): MetricPoint => ({
  offset: 0,
  name,
  value,
  labels,
  step: null,
  time: null,
})

it('tells metrics apart by name and labels, in whatever order those come, and leaves gaps for what is no number', () => {
  const points = [
    point('auc', 0.7, { a: '1', b: '2' }),
    point('loss', 3),
    point('auc', 'NaN', { b: '2', a: '1' }),
    point('auc', 0.9),
  ]

  expect(seriesOf(points).map(({ name, labels, values }) => [name, labels, values])).toEqual([
    ['auc', 'a=1 b=2', [0.7, null]],
    ['loss', '', [3]],
    ['auc', '', [0.9]],
  ])
  expect(seriesOf(points)[0]!.last.value).toBe('NaN')
})
