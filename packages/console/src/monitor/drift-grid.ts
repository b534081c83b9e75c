import type { ColumnDrift, MonitorWindow } from '@evenkeel/contract'

export interface DriftRow {
  readonly feature: string
  /** Share of the total gain in [0, 1]; null for the score. */
  readonly importance: number | null
  /** One per window, in the order of the windows; `undefined` where the feature was not there. */
  readonly cells: readonly (ColumnDrift | undefined)[]
}

/**
 * Features by windows, the ones that matter most first: by the largest drift × importance of any window, then by
 * name. The score, which has no importance of its own, comes last.
 */
export function driftRows(windows: readonly MonitorWindow[]): DriftRow[] {
  const names = new Set(windows.flatMap(({ columns }) => columns.map(({ feature }) => feature)))
  const rows = [...names].map((feature) =>
    rowOf(
      feature,
      windows.map(({ columns }) => columns.find((column) => column.feature === feature)),
    ),
  )
  const score = rowOf(
    'score',
    windows.map(({ score: one }) => one ?? undefined),
  )
  const sorted = rows.toSorted((a, b) => urgencyOf(b) - urgencyOf(a) || a.feature.localeCompare(b.feature))
  return score.cells.some(Boolean) ? [...sorted, score] : sorted
}

function rowOf(feature: string, cells: readonly (ColumnDrift | undefined)[]): DriftRow {
  return { feature, importance: cells.findLast((cell) => cell)?.importance ?? null, cells }
}

const urgencyOf = ({ importance, cells }: DriftRow): number =>
  (importance ?? 0) * Math.max(0, ...cells.map((cell) => cell?.relative ?? 0))

/**
 * How much of the heat colour a cell gets, in percent. It rises evenly up to the threshold (1) and jumps there, so
 * that what is over it is told apart without a legend; from twice the threshold on it is full.
 */
export function heatPercent(relative: number): number {
  if (relative < 1) return Math.max(0, relative) * 50
  return 82 + Math.min(1, relative - 1) * 18
}
