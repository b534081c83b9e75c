/** What an arm has done since its node process started. */
export interface Counters {
  /** New for each process. */
  readonly bootId: string
  readonly requests: number
  readonly errors: number
  /** On our edges. */
  readonly latencyCounts: readonly number[]
}

export type Traffic = Omit<Counters, 'bootId'>

/**
 * What a report adds to the one before it: everything when the process is another one, and nothing when the report
 * comes late or twice.
 */
export function addedSince(before: Counters | undefined, now: Counters): Traffic {
  const { requests, errors, latencyCounts } = now
  if (before?.bootId !== now.bootId) return { requests, errors, latencyCounts }
  return {
    requests: Math.max(0, requests - before.requests),
    errors: Math.max(0, errors - before.errors),
    latencyCounts: latencyCounts.map((count, i) => Math.max(0, count - before.latencyCounts[i]!)),
  }
}
