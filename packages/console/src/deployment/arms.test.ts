import type { TrafficPoint } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { binWidthMs, countSeries, latencySeries } from './arms.ts'

const point = (second: number, arm: TrafficPoint['arm'], requests: number, errors = 0): TrafficPoint => ({
  at: new Date(second * 1000).toISOString(),
  arm,
  version: 1,
  requests,
  errors,
  p50Ms: second + 0.5,
  p99Ms: 2,
})
const perSecond = ({ requests, seconds }: { requests: number; seconds: number }) => requests / seconds

it('draws one line per arm that had traffic', () => {
  const points = [point(1, 'primary', 300), point(2, 'primary', 500), point(2, 'canary', 50)]

  expect(latencySeries(points, ({ p50Ms }) => p50Ms).map(({ name, points: drawn }) => [name, drawn])).toEqual([
    [
      'champion',
      [
        [1000, 1.5],
        [2000, 2.5],
      ],
    ],
    ['canary', [[2000, 2.5]]],
  ])
})

it('gives the same rate to a minute that is kept whole and to one that is kept in seconds', () => {
  const steady = 7
  const whole = [0, 1, 2].map((minute) => point(minute * 60, 'primary', steady * 60))
  const seconds = Array.from({ length: 1140 }, (_, i) => point(180 + i, 'primary', steady))

  const [line] = countSeries([...whole, ...seconds], perSecond)

  expect(line!.points).toHaveLength(21)
  expect(new Set(line!.points.map(([, rate]) => rate))).toEqual(new Set([steady]))
})

it('leaves out the bin that is still filling', () => {
  const points = [0, 10, 20].flatMap((second) => [point(second, 'primary', 100), point(second, 'canary', 10)])

  expect(binWidthMs(points)).toBe(10_000)
  expect(countSeries(points, perSecond).map((line) => line.points)).toEqual([
    [
      [0, 10],
      [10_000, 10],
    ],
    [
      [0, 1],
      [10_000, 1],
    ],
  ])
})

it('draws no line across a silence', () => {
  const points = [point(0, 'primary', 1), point(1, 'primary', 1), point(60, 'primary', 1)]

  expect(latencySeries(points, () => 5)[0]!.points).toEqual([
    [0, 5],
    [1000, 5],
    [1001, null],
    [60_000, 5],
  ])
})
