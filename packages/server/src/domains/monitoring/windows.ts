import type { MonitorSpec } from '@evenkeel/contract'

const dayMs = 86_400_000

/** Longest silence that is shown as a row of empty windows; what is longer is left out. */
const longestGap = 100

export type WindowGrid = Pick<MonitorSpec, 'origin' | 'windowDays' | 'labelDelaySeconds'>

/** Length of a window of the monitor, in whole milliseconds. */
export const windowMs = ({ windowDays }: WindowGrid): number => Math.max(1, Math.round(windowDays * dayMs))

/**
 * Starts of the windows that hold these event times, ascending, each once. What lies before the origin is in none.
 *
 * @param eventTimesMs - epoch milliseconds, in any order
 */
export function windowStarts(grid: WindowGrid, eventTimesMs: Iterable<number>): number[] {
  const originMs = Date.parse(grid.origin)
  const lengthMs = windowMs(grid)
  const starts = new Set<number>()
  for (const timeMs of eventTimesMs) {
    if (timeMs >= originMs) starts.add(originMs + Math.floor((timeMs - originMs) / lengthMs) * lengthMs)
  }
  return [...starts].toSorted((a, b) => a - b)
}

/** Latest start of a window whose records and labels are all in, as far as the watermark promises. */
export const closedUntil = (grid: WindowGrid, watermarkMs: number | null): number =>
  watermarkMs === null ? -Infinity : watermarkMs - windowMs(grid) - grid.labelDelaySeconds * 1000

export const isClosed = (grid: WindowGrid, startMs: number, watermarkMs: number | null): boolean =>
  startMs <= closedUntil(grid, watermarkMs)

/** Whether a window closes when the watermark moves. */
export function closesWindow(grid: WindowGrid, beforeMs: number | null, afterMs: number | null): boolean {
  const [lastClosable] = windowStarts(grid, [closedUntil(grid, afterMs)])
  return lastClosable !== undefined && !isClosed(grid, lastClosable, beforeMs)
}

export interface KnownWindow {
  readonly startMs: number
  readonly closed: boolean
}

/**
 * The first window that the watermark has passed and that nobody has closed: one that was still open when it was
 * computed, or an empty one between two others.
 *
 * @param known - windows that were computed, ascending
 */
export function dueWindow(
  grid: WindowGrid,
  known: readonly KnownWindow[],
  watermarkMs: number | null,
): number | undefined {
  const lengthMs = windowMs(grid)
  for (const [i, { startMs, closed }] of known.entries()) {
    if (!closed && isClosed(grid, startMs, watermarkMs)) return startMs
    const next = known[i + 1]
    const afterMs = startMs + lengthMs
    const gap = next ? (next.startMs - afterMs) / lengthMs : 0
    if (gap >= 1 && gap <= longestGap && isClosed(grid, afterMs, watermarkMs)) return afterMs
  }
  return undefined
}
