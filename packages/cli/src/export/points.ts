import type { SourceMetric, SourceRun } from '../import/source/index.ts'
import type { Batches } from './batches.ts'
import type { ExportContext } from './context.ts'

/** Databases of MLflow keep an infinite value as the greatest finite one. */
const infinite: Readonly<Record<string, number>> = { Infinity: Number.MAX_VALUE, '-Infinity': -Number.MAX_VALUE }

/** The same for the same point, on whichever side it is read. */
export const pointKey = ({ step, timestamp, value }: SourceMetric) => `${step} ${timestamp} ${infinite[value] ?? value}`

/** Adds every point of every metric that is not over there. @returns how many each metric has here */
export async function addPoints(
  { source, target, progress }: ExportContext,
  { run, before }: { readonly run: SourceRun; readonly before: SourceRun | undefined },
  batches: Batches,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  const isThere = new Set(before?.data.metrics.map(({ key }) => key))
  for (const { key } of run.data.metrics) {
    const there = isThere.has(key) ? await keysOf(target.history(before!.info.run_id, key)) : undefined
    let count = 0
    for await (const page of source.history(run.info.run_id, key)) {
      const missing = there ? page.filter((point) => !there.has(pointKey(point))) : page
      for (const { step, timestamp, value } of missing) await batches.add('metrics', { key, step, timestamp, value })
      count += page.length
      progress.brought({ points: missing.length })
    }
    counts.set(key, count)
  }
  return counts
}

async function keysOf(pages: AsyncIterable<readonly SourceMetric[]>): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for await (const page of pages) for (const point of page) keys.add(pointKey(point))
  return keys
}

/** Points that a run has over there; a metric with one point is not asked about. */
export async function countPoints(
  { target }: Pick<ExportContext, 'target'>,
  after: SourceRun,
  counts: ReadonlyMap<string, number>,
): Promise<number> {
  const isThere = new Set(after.data.metrics.map(({ key }) => key))
  let sum = 0
  for (const [key, count] of counts) {
    if (!isThere.has(key)) continue
    if (count === 1) sum++
    else for await (const page of target.history(after.info.run_id, key)) sum += page.length
  }
  return sum
}
