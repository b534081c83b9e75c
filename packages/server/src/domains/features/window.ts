/** Where a feature looks, relative to the event time t of a row: at the events in (t − fromSeconds, t − untilSeconds]. */
export interface Window {
  readonly fromSeconds: number
  readonly untilSeconds: number
}

/** The window of a row: events with `afterMs < time <= untilMs`, in epoch milliseconds. */
export function windowAt(timeMs: number, { fromSeconds, untilSeconds }: Window): { afterMs: number; untilMs: number } {
  return { afterMs: timeMs - fromSeconds * 1000, untilMs: timeMs - untilSeconds * 1000 }
}

/** How many of the ascending times are not later than `timeMs`. */
export function countUntil(timesMs: ArrayLike<number>, timeMs: number): number {
  let low = 0
  let high = timesMs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timesMs[middle]! <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

/** The online store keeps the events of a day together: pushes write few rows, and windows touch few of them. */
export const slotMs = 86_400_000

/** Slots since 1970, UTC. */
export const slotOf = (timeMs: number): number => Math.floor(timeMs / slotMs)
