import type { MonitorWindow } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { aucSeries, versionMarks } from './performance-series.ts'

const at = (day: number) => `2001-02-0${day}T00:00:00.000Z`
const week = (day: number, versions: MonitorWindow['versions'], auc: number | null = 0.7) =>
  ({
    start: at(day),
    versions,
    performance: { auc, aucLow: auc && auc - 0.1, aucHigh: auc && auc + 0.1 },
  }) as MonitorWindow

it('marks the windows from which on another version answers most', () => {
  const windows = [
    week(1, [{ version: 1, share: 1 }]),
    week(2, [
      { version: 1, share: 0.9 },
      { version: 2, share: 0.1 },
    ]),
    week(3, []),
    week(4, [
      { version: 1, share: 0.4 },
      { version: 2, share: 0.6 },
    ]),
  ]

  expect(versionMarks(windows)).toEqual([
    { name: 'v1', atMs: Date.parse(at(1)) },
    { name: 'v2', atMs: Date.parse(at(4)) },
  ])
})

it('leaves a gap in the line and in the band where a window could not be measured', () => {
  const { points, band } = aucSeries([week(1, [], 0.5), week(2, [], null)])

  expect(points).toEqual([
    [Date.parse(at(1)), 0.5],
    [Date.parse(at(2)), null],
  ])
  expect(band).toEqual([[Date.parse(at(1)), 0.4, 0.6]])
})
