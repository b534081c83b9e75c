import type { Metric, MetricPoint } from '@evenkeel/contract'
import type { Progress } from '../progress.ts'
import type { MetricNews } from './follow.ts'
import type { Read } from './line.ts'

/** How far the metrics of an attempt are read, and what is known of them; stored with the attempt. */
export interface MetricsSoFar {
  /** In bytes. */
  readonly offset: number
  /** Points that are stored. */
  readonly pointCount: number
  /** The newest value of each series. */
  readonly last: readonly Metric[]
  readonly warnings: readonly string[]
  /** Nothing more will come. */
  readonly isComplete: boolean
}

const pointLimit = 100_000
const seriesLimit = 500

const warnings = {
  full:
    'It wrote more than 100,000 values of metrics: the first 100,000 are kept, and of later ones only the newest of ' +
    'each metric. Write less often.',
  series: 'It wrote more than 500 metrics, told apart by name and labels: the first 500 are kept. Use fewer labels.',
}

/** Takes in lines until they are handed over. */
export interface Gathering {
  offset(): number
  pointCount(): number
  line(read: Read | undefined, lengthBytes: number): void
  take(metric: Metric, lengthBytes: number): void
  warn(warning: string): void
  complete(): void
  /** `undefined` when nothing came. */
  news(): MetricNews | undefined
}

export function gather(start: MetricsSoFar): Gathering {
  const last = new Map(start.last.map((metric) => [seriesOf(metric), metric]))
  const told = new Set(start.warnings)
  const points: MetricPoint[] = []
  let { offset, isComplete } = start
  let progress: Progress | undefined

  function keep(metric: Metric): void {
    const series = seriesOf(metric)
    if (!last.has(series) && last.size >= seriesLimit) return void told.add(warnings.series)
    last.set(series, metric)
    if (start.pointCount + points.length < pointLimit) points.push({ ...metric, offset })
    else told.add(warnings.full)
  }

  function take(metric: Metric, lengthBytes: number): void {
    keep(metric)
    offset += lengthBytes
  }

  function warnOf(why: string): void {
    // The first one only: the rest is likely of the same kind.
    if (![...told].some((one) => one.startsWith(badLine)))
      told.add(`${badLine} at byte ${offset} was skipped: ${why}. Later ones like it are skipped without a word.`)
  }

  return {
    offset: () => offset,
    pointCount: () => points.length,
    take,
    line(read, lengthBytes) {
      if (read?.kind === 'point') return take(read.metric, lengthBytes)
      if (read?.kind === 'progress') progress = read.progress
      if (read?.kind === 'bad') warnOf(read.why)
      offset += lengthBytes
    },
    warn: (warning) => void told.add(warning),
    complete: () => void (isComplete = true),
    news() {
      if (offset === start.offset && told.size === start.warnings.length) return undefined
      const pointCount = start.pointCount + points.length
      return {
        soFar: { offset, pointCount, last: [...last.values()], warnings: [...told], isComplete },
        points,
        progress,
      }
    },
  }
}

const badLine = 'A line of the metrics'

const seriesOf = ({ name, labels }: Metric): string =>
  JSON.stringify([name, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])
