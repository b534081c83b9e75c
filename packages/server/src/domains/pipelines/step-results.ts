import type { MetricPoint } from '@evenkeel/contract'
import { z } from 'zod'
import type { Db } from '../../platform/db.ts'
import type { Executor, Handle, JobFile } from './executors/executor.ts'
import { type LogPage, readLogPage } from './log-page.ts'
import { metricsStore, type PointsQuery } from './metrics-store.ts'
import type { PipelinesDeps } from './needs.ts'
import type { Secrets } from './secrets/service.ts'
import { type AttemptRow, pipelinesStore, type StepRow } from './store.ts'

export interface StepTarget {
  readonly run: string
  readonly step: string
}

/** Reads what the attempts of a step wrote, without secrets. The step is one the caller may see. */
export interface StepResults {
  summary(step: StepRow, attempt?: number): Promise<string | null>
  /** Of the newest attempt of a step, as a transaction sees it: it may have ended in this very one. */
  summaryOf(tx: Db, projectId: string, step: StepTarget): Promise<string | null>
  log(step: StepRow, page: { offset: number; attempt?: number | undefined }): Promise<LogPage>
  metrics(step: StepRow, query: PointsQuery & { attempt?: number | undefined }): Promise<MetricsPage>
}

export interface MetricsPage {
  readonly attempt: number | null
  readonly items: MetricPoint[]
  readonly nextOffset: number | null
}

const summaryLimitBytes = 1024 ** 2
const Cut = z.object({ from: z.int(), to: z.int() })

interface StepResultsNeeds {
  readonly executors: ReadonlyMap<string, Executor>
  readonly host: string
  readonly secrets: Secrets
}

/** Reads a file of an attempt; empty when nothing of it is here. */
type Read = (file: JobFile, offset: number, limitBytes: number) => Promise<Buffer>

export function createStepResults(
  deps: Pick<PipelinesDeps, 'db'>,
  { executors, host, secrets }: StepResultsNeeds,
): StepResults {
  const store = pipelinesStore(deps.db)

  /** One attempt of a step, or of the one it took its result over from; the newest when no number is given. */
  async function find(step: StepRow, attempt: number | undefined): Promise<AttemptRow | undefined> {
    const own = { run: step.run_id, step: step.key }
    const { run, step: key } = step.state === 'cached' ? (step.reused as unknown as StepTarget) : own
    if (attempt === undefined) return store.newestAttempt(run, key)
    return store.findAttempt({ runId: run, step: key, attempt })
  }

  /** What an attempt wrote lies on the host it ran on, or where that host sees it. */
  function readerOf(found: AttemptRow | undefined): Read {
    const handle = found?.host === host ? (found.handle as Handle | null) : null
    const executor = executors.get(found?.executor ?? '')
    return async (...what) => (handle && executor ? executor.read(handle, ...what) : Buffer.alloc(0))
  }

  async function readSummary(projectId: string, found: AttemptRow | undefined): Promise<string | null> {
    const bytes = await readerOf(found)('summary.md', 0, summaryLimitBytes)
    return bytes.length === 0 ? null : (await secrets.maskOf(projectId)).text(bytes.toString())
  }

  async function cutOf(read: Read): Promise<z.output<typeof Cut> | undefined> {
    const bytes = await read('log.cut', 0, 1024)
    return bytes.length === 0 ? undefined : Cut.parse(JSON.parse(bytes.toString()))
  }

  return {
    summary: async (step, attempt) => readSummary(step.project_id, await find(step, attempt)),
    summaryOf: async (tx, projectId, { run, step }) =>
      readSummary(projectId, await pipelinesStore(tx).newestAttempt(run, step)),

    async log(step, { offset, attempt }) {
      const found = await find(step, attempt)
      const read = readerOf(found)
      return readLogPage(
        {
          read: (from, limit) => read('log', from, limit),
          cut: await cutOf(read),
          isOver: found !== undefined && found.ended_at !== null,
          mask: await secrets.maskOf(step.project_id),
        },
        offset,
      )
    },

    async metrics(step, { attempt, limit, ...query }) {
      const found = await find(step, attempt)
      if (!found) return { attempt: null, items: [], nextOffset: null }
      const id = { runId: found.run_id, step: found.step_key, attempt: found.attempt }
      const items = await metricsStore(deps.db).pointsOf(id, { ...query, limit: limit + 1 })
      const next = items.length > limit ? items.pop() : undefined
      return { attempt: found.attempt, items, nextOffset: next?.offset ?? null }
    },
  }
}
