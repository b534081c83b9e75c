import { type ImportPoint, mostImportedPoints } from '@evenkeel/contract'
import type { ImportContext } from './context.ts'
import { persistently } from './here.ts'
import type { SourceMetric, SourceRun } from './source/index.ts'

/** Brings every point of every metric. @returns how many different ones the run has */
export async function bringPoints({ source, here, signal, progress }: ImportContext, run: SourceRun): Promise<number> {
  const params = { run: run.info.run_id }
  let waiting: ImportPoint[] = []
  let count = 0
  const send = async (points: ImportPoint[]) => {
    await persistently(signal, () => here.imports.addPoints({ params, body: { points } }, { signal }))
    progress.brought({ points: points.length })
  }
  for (const { key } of run.data.metrics) {
    for await (const points of distinct(source.history(run.info.run_id, key))) {
      count += points.length
      for (const { step, timestamp, value } of points) waiting.push([key, step, timestamp, value])
      while (waiting.length >= mostImportedPoints) {
        await send(waiting.slice(0, mostImportedPoints))
        waiting = waiting.slice(mostImportedPoints)
      }
    }
  }
  if (waiting.length > 0) await send(waiting)
  return count
}

/** Without the repeats that stores of plain files keep; a point that comes twice counts once here. */
async function* distinct(pages: AsyncIterable<readonly SourceMetric[]>): AsyncGenerator<readonly SourceMetric[]> {
  let before = new Set<string>()
  for await (const page of pages) {
    const seen = new Set<string>()
    const points = page.filter(({ step, timestamp, value }) => {
      const point = `${step} ${timestamp} ${value}`
      const isNew = !seen.has(point) && !before.has(point)
      seen.add(point)
      return isNew
    })
    before = seen
    yield points
  }
}
