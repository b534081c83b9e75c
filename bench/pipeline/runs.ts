import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '../../packages/client/src/index.ts'
import { type Run, loop, pipelines } from '../../packages/contract/src/index.ts'

export interface Measured {
  readonly seconds: number
  /** Between the ends of one step and the next, for steps in a row; of all steps for those side by side. */
  readonly medianStepMs: number
  /** How long the data of the Loop page took while the run was going on. */
  readonly pageMs: { readonly p50: number; readonly p95: number }
}

type Shape = 'sequential' | 'parallel'

/** Runs graphs of `true` on a platform. */
export function createRunner(baseUrl: string) {
  const api = createClient(pipelines, { baseUrl })
  const page = createClient(loop, { baseUrl })

  async function untilEnd(id: string): Promise<{ run: Run; pageMs: number[] }> {
    const pageMs: number[] = []
    for (;;) {
      const startedAt = performance.now()
      await page.read({})
      pageMs.push(performance.now() - startedAt)
      const run = await api.getRun({ params: { run: id } })
      if (run.state === 'succeeded') return { run, pageMs }
      if (run.state === 'failed' || run.state === 'cancelled') throw new Error(`run ${id} ${run.state}: ${run.reason}`)
      // As a console does that is open on both.
      await delay(1000)
    }
  }

  return {
    /** Once more, every step is reused: they list their code, which is none. */
    async run(pipeline: string, shape: Shape, count: number): Promise<Measured> {
      const steps = Array.from({ length: count }, (_, at) => ({
        key: `s${at}`,
        run: ['true'],
        code: [],
        // No graph finds the results of another.
        env: { GRAPH: pipeline, STEP: String(at) },
        needs: shape === 'sequential' && at > 0 ? [`s${at - 1}`] : [],
      }))
      await api.put({ params: { pipeline }, body: { steps } })
      const { id } = await api.startRun({ params: { pipeline }, body: {} })
      const { run, pageMs } = await untilEnd(id)
      const seconds = (Date.parse(run.endedAt!) - Date.parse(run.createdAt)) / 1000
      const ends = run.steps.map(({ endedAt }) => Date.parse(endedAt!)).toSorted((a, b) => a - b)
      const gaps = ends.slice(1).map((end, at) => end - ends[at]!)
      return {
        seconds,
        medianStepMs: quantile(gaps, 0.5),
        pageMs: { p50: quantile(pageMs, 0.5), p95: quantile(pageMs, 0.95) },
      }
    },
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
