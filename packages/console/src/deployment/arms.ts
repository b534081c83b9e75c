import type { Arm, TrafficPoint } from '@evenkeel/contract'
import type { ChartSeries } from '../chart/series.ts'

/** Look and name of each arm: colour, dash and pattern say the same. */
export const ARMS = {
  primary: { name: 'champion', colour: 0, dash: 'solid' },
  canary: { name: 'canary', colour: 1, dash: 'dashed' },
  baseline: { name: 'baseline', colour: 2, dash: 'dotted' },
} as const satisfies Record<Arm, Pick<ChartSeries, 'name' | 'colour' | 'dash'>>

/** The server keeps seconds for so long, and whole minutes before. */
const SECONDS_KEPT_MS = 900_000
const MINUTE_MS = 60_000
/** A line is not drawn across a longer silence. */
const SILENCE_MS = 15_000

type Point = readonly [number, number | null]

/** Latency over time, one line per arm that had traffic. */
export function latencySeries(points: readonly TrafficPoint[], pick: (point: TrafficPoint) => number): ChartSeries[] {
  const silenceMs = Math.max(SILENCE_MS, 2.5 * binWidthMs(points))
  return perArm(points, (own) =>
    withSilences(
      own.map((point) => [Date.parse(point.at), pick(point)]),
      silenceMs,
    ),
  )
}

interface Bin {
  readonly requests: number
  readonly errors: number
  readonly seconds: number
}

/** Counts over time in bins of one width, so that a rate means the same everywhere; one line per arm that had traffic. */
export function countSeries(points: readonly TrafficPoint[], value: (bin: Bin) => number): ChartSeries[] {
  const widthMs = binWidthMs(points)
  const newestMs = Math.max(...points.map(({ at }) => Date.parse(at)))
  // The newest bin is still filling, and would look like a drop.
  const isFull = (atMs: number) => atMs + widthMs <= newestMs
  return perArm(points, (own) => {
    const bins = [...binned(own, widthMs)].filter(([atMs]) => isFull(atMs))
    const drawn = bins.map(([atMs, bin]): Point => [atMs, value({ ...bin, seconds: widthMs / 1000 })])
    return withSilences(drawn, Math.max(SILENCE_MS, 2.5 * widthMs))
  })
}

function perArm(
  points: readonly TrafficPoint[],
  draw: (own: readonly TrafficPoint[]) => readonly Point[],
): ChartSeries[] {
  return (Object.keys(ARMS) as Arm[])
    .map((arm) => ({ ...ARMS[arm], points: draw(points.filter((point) => point.arm === arm)) }))
    .filter((series) => series.points.length > 0)
}

/** Width in milliseconds that every point fits into: the shortest step, or a minute where there are minutes. */
export function binWidthMs(points: readonly TrafficPoint[]): number {
  const moments = [...new Set(points.map(({ at }) => Date.parse(at)))].toSorted((a, b) => a - b)
  const steps = moments.slice(1).map((at, i) => at - moments[i]!)
  const spanMs = (moments.at(-1) ?? 0) - (moments[0] ?? 0)
  return Math.max(1000, spanMs > SECONDS_KEPT_MS ? MINUTE_MS : 0, steps.length > 0 ? Math.min(...steps) : 0)
}

function binned(points: readonly TrafficPoint[], widthMs: number): Map<number, { requests: number; errors: number }> {
  const bins = new Map<number, { requests: number; errors: number }>()
  for (const { at, requests, errors } of points) {
    const atMs = Math.floor(Date.parse(at) / widthMs) * widthMs
    const bin = bins.get(atMs) ?? { requests: 0, errors: 0 }
    bins.set(atMs, { requests: bin.requests + requests, errors: bin.errors + errors })
  }
  return bins
}

function withSilences(points: readonly Point[], silenceMs: number): Point[] {
  return points.flatMap((point, i) => {
    const before = points[i - 1]
    return before && point[0] - before[0] > silenceMs ? [[before[0] + 1, null], point] : [point]
  })
}
