/** So many events of others are taken in a second, and so many at once after a pause; per project and server. */
export const flow = { perSecond: 100, burst: 2000 } as const

/** A bucket that fills with time: `take` says whether there is one left. @param now - milliseconds, never backwards */
export function createFlowLimit({ perSecond, burst }: { perSecond: number; burst: number }, now: () => number) {
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    take(key: string): boolean {
      const at = now()
      const bucket = buckets.get(key) ?? { left: burst, at }
      const left = Math.min(burst, bucket.left + ((at - bucket.at) * perSecond) / 1000)
      buckets.set(key, { left: left < 1 ? left : left - 1, at })
      return left >= 1
    },
  }
}
