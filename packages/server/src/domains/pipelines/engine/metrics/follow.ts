import type { Metric, MetricPoint } from '@evenkeel/contract'
import type { Executor, Handle } from '../../executors/executor.ts'
import type { Progress } from '../progress.ts'
import { finalMetrics } from './final.ts'
import { lineLimitBytes, readLine } from './line.ts'
import { type Gathering, gather, type MetricsSoFar } from './so-far.ts'

/** What came since the last time. */
export interface MetricNews {
  /** To be stored in one transaction with the points: where to read on from. */
  readonly soFar: MetricsSoFar
  readonly points: readonly MetricPoint[]
  readonly progress: Progress | undefined
}

export interface Follower {
  /** Reads the complete lines that came since and hands them over. Asked again while it reads, it does nothing. */
  look(): Promise<void>
  /** Reads to the very end, when nothing is written any more. May be asked again after a failure. */
  finish(): Promise<void>
}

const chunkBytes = 64 * 1024
/** Points that are handed over at once. */
const batchCount = 5000

/**
 * Follows what a step appends to its metrics file.
 *
 * @param tell - stores what came; when it fails, the same comes again the next time
 */
export function followMetrics(
  executor: Executor,
  handle: Handle,
  start: MetricsSoFar,
  tell: (news: MetricNews) => Promise<void>,
): Follower {
  let soFar = start
  let looking: Promise<void> | undefined

  async function hand(gathering: Gathering): Promise<void> {
    const news = gathering.news()
    if (!news) return
    await tell(news)
    soFar = news.soFar
  }

  async function read(isOver: boolean): Promise<void> {
    let gathering = gather(soFar)
    for (;;) {
      const bytes = await executor.read(handle, 'metrics.jsonl', gathering.offset(), chunkBytes)
      const length = lengthOf(bytes, isOver)
      if (length === 0) break
      readLines(bytes.subarray(0, length), gathering)
      if (gathering.pointCount() < batchCount) continue
      await hand(gathering)
      gathering = gather(soFar)
    }
    if (isOver && !soFar.isComplete) await readFinal(gathering)
    await hand(gathering)
  }

  async function readFinal(gathering: Gathering): Promise<void> {
    const { metrics, warning } = await finalMetrics(executor, handle)
    for (const metric of metrics) gathering.take(metric, 1)
    if (warning !== undefined) gathering.warn(warning)
    gathering.complete()
  }

  return {
    look() {
      looking ??= read(false).finally(() => (looking = undefined))
      return looking
    },
    async finish() {
      // What went wrong in a look comes again here.
      await looking?.catch(() => undefined)
      await read(true)
    },
  }
}

/** Complete lines only; when nothing is written any more, the last one is as complete as it will be. */
function lengthOf(bytes: Buffer, isOver: boolean): number {
  const complete = bytes.lastIndexOf(newline) + 1
  if (complete > 0) return complete
  // A line that fills the whole chunk is no line of ours; it is passed over.
  return isOver || bytes.length === chunkBytes ? bytes.length : 0
}

const newline = 10

function readLines(bytes: Buffer, gathering: Gathering): void {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(newline, from)
    const until = end < 0 ? bytes.length : end + 1
    const line = bytes.subarray(from, Math.min(until, from + lineLimitBytes + 1))
    gathering.line(readLine(line), until - from)
    from = until
  }
}

export const nothingYet: MetricsSoFar = { offset: 0, pointCount: 0, last: [], warnings: [], isComplete: false }

/** What an attempt row says; one of an earlier release says nothing. */
export const readSoFar = (stored: unknown): MetricsSoFar => ({ ...nothingYet, ...(stored as Partial<MetricsSoFar>) })

/** The newest value of each series, as the API answers with it. */
export const lastOf = (stored: unknown): Metric[] => [...readSoFar(stored).last]
