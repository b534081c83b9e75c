/**
 * How long so many runs take.
 *
 * @param typicalMs - of one run; null when nobody knows
 * @param lanes - runs at the same time, >= 1
 */
export function remainingMs(runCount: number, typicalMs: number | null, lanes: number): number | null {
  if (typicalMs === null) return null
  return Math.ceil(runCount / lanes) * typicalMs
}

export const etaAfter = (now: Date, ms: number | null): string | null =>
  ms === null ? null : new Date(now.getTime() + ms).toISOString()
