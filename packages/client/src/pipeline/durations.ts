const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** @param duration - as the schema `Duration` reads it: `30s`, `10m`, `6h`, `5d` */
export function toSeconds(duration: string): number {
  return Number(duration.slice(0, -1)) * secondsOf[duration.at(-1) as keyof typeof secondsOf]
}
