import type { ColumnDrift, MonitorWindow } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { driftRows, heatPercent } from './drift-grid.ts'

const column = (feature: string, relative: number | null, importance: number | null): ColumnDrift => ({
  feature,
  relative,
  importance,
  distance: relative,
  psi: null,
  nullShare: 0,
  unseenShare: 0,
  rowCount: 1000,
  mean: null,
  status: 'ok',
  says: '',
})

const week = (columns: ColumnDrift[], score: ColumnDrift | null = null) => ({ columns, score }) as MonitorWindow

it('puts the feature first whose drift times importance was worst in any window, and the score last', () => {
  const windows = [
    week([column('minor', 0.9, 0.1), column('major', 0.2, 0.5)], column('score', 3, null)),
    week([column('minor', 0.1, 0.1), column('major', 0.4, 0.5)], column('score', 0.1, null)),
  ]

  const rows = driftRows(windows)

  expect(rows.map(({ feature }) => feature)).toEqual(['major', 'minor', 'score'])
  expect(rows[0]!.cells.map((cell) => cell?.relative)).toEqual([0.2, 0.4])
})

it('leaves a hole where a window did not have the feature, and has no score row when nothing was scored', () => {
  const rows = driftRows([week([column('old', 0.5, 0.3)]), week([column('new', 0.5, 0.3)])])

  expect(rows.map(({ feature, cells }) => [feature, cells.map((cell) => cell?.feature)])).toEqual([
    ['new', [undefined, 'new']],
    ['old', ['old', undefined]],
  ])
})

it('colours evenly below the threshold, jumps at it, and is full at twice the threshold', () => {
  expect([-1, 0, 0.5, 0.999].map(heatPercent)).toEqual([0, 0, 25, 49.95])
  expect([1, 1.5, 2, 7].map(heatPercent)).toEqual([82, 91, 100, 100])
})
