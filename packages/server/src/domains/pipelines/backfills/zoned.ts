const minuteMs = 60_000
const dayMs = 86_400_000

/** The calendar of one place. Wall-clock times are epoch milliseconds as if the clock on the wall showed UTC. */
export interface Zone {
  toMoment(wall: number): number
  toWall(moment: number): number
}

/** @returns `undefined` when there is no zone of this IANA name */
export function zoneOf(name: string): Zone | undefined {
  try {
    return createZone(name)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function createZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-hc-h23', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })

  function toWall(moment: number): number {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(moment)) part[type] = Number(value)
    return Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second'])
  }

  /** How far the wall is ahead of UTC. */
  const aheadMs = (moment: number): number => toWall(moment) - Math.floor(moment / 1000) * 1000

  return {
    toWall,

    /** What the wall shows twice is the first of the two; what it never shows is the moment its clock is moved. */
    toMoment(wall) {
      const before = aheadMs(wall - dayMs)
      const moments = [wall - before, wall - aheadMs(wall + dayMs)].toSorted((a, b) => a - b)
      const found = moments.find((moment) => toWall(moment) === wall)
      return found ?? changeAfter(wall - before - dayMs, wall - before + dayMs, before)
    },
  }

  /** The first moment, to the minute, at which the wall is no longer so far ahead. */
  function changeAfter(from: number, until: number, ahead: number): number {
    let [low, high] = [from, until]
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs
      if (aheadMs(middle) === ahead) low = middle
      else high = middle
    }
    return high
  }
}
