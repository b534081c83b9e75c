import { z } from 'zod'

export const Period = z.enum(['month', 'week', 'day'])
export type Period = z.infer<typeof Period>

/**
 * Sorts rows into periods of UTC.
 *
 * @param eventTimes - epoch milliseconds, in any order
 * @returns the indices of the rows of each period, ascending, by `2001-02`, `2001-W05` (ISO 8601, from Monday) or
 *   `2001-02-03`; the oldest period first
 */
export function rowsByPeriod(eventTimes: Float64Array, period: Period): Map<string, number[]> {
  // A date is expensive, and a day has many rows.
  const names = new Map<number, string>()
  const rows = Map.groupBy(eventTimes.keys(), (row) => {
    const day = Math.floor(eventTimes[row]! / dayMs)
    const name = names.get(day) ?? nameOf(day, period)
    names.set(day, name)
    return name
  })
  return new Map([...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const dayMs = 86_400_000

const isoDate = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)

function nameOf(day: number, period: Period): string {
  if (period === 'week') return weekOf(day)
  return period === 'month' ? isoDate(day).slice(0, 7) : isoDate(day)
}

/** A week belongs to the year that has its Thursday, as day 0 of the epoch was one. */
function weekOf(day: number): string {
  const thursday = Math.floor((day + 3) / 7) * 7
  const year = isoDate(thursday).slice(0, 4)
  const week = Math.floor((thursday - Date.parse(`${year}-01-01`) / dayMs) / 7) + 1
  return `${year}-W${String(week).padStart(2, '0')}`
}
