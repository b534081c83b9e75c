import type { ParamValue, RunState } from '@evenkeel/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'
import { pipelineApi } from './api.ts'

export const pipelinesQuery = queryOptions({
  queryKey: ['pipelines', 'list'],
  queryFn: ({ signal }) => api.pipelines.list({}, { signal }),
})

export const pipelineQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['pipelines', 'pipeline', pipeline],
    queryFn: ({ signal }) => api.pipelines.get({ params: { pipeline } }, { signal }),
  })

export const versionsQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['pipelines', 'versions', pipeline],
    queryFn: ({ signal }) => api.pipelines.listVersions({ params: { pipeline }, query: { limit: 50 } }, { signal }),
  })

export const releasesQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['pipelines', 'releases', pipeline],
    queryFn: ({ signal }) => pipelineApi.releases.list({ params: { pipeline }, query: { limit: 50 } }, { signal }),
  })

/** What is in force where, and every move that led there. */
export const environmentsQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['pipelines', 'environments', pipeline],
    queryFn: ({ signal }) => pipelineApi.releases.environments({ params: { pipeline } }, { signal }),
  })

export const firingsQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['pipelines', 'firings', pipeline],
    queryFn: ({ signal }) => api.pipelines.listFirings({ params: { pipeline }, query: { limit: 100 } }, { signal }),
  })

/** The triggers of all pipelines. Their last firing comes with them; a pause of all of them too. */
export const triggersQuery = queryOptions({
  queryKey: ['pipelines', 'triggers'],
  queryFn: ({ signal }) => pipelineApi.triggers.list({}, { signal }),
})

/** Under "pipelines", because news of a run is news of what it uses. */
export const runtimesQuery = queryOptions({
  queryKey: ['pipelines', 'runtimes'],
  queryFn: ({ signal }) => pipelineApi.runtimes.list({}, { signal }),
})

const RUNS_PER_PAGE = 20

/** Runs, newest first, page after page. */
export const runsQuery = (pipeline: string, state: RunState | undefined) =>
  infiniteQueryOptions({
    queryKey: ['pipelines', 'runs', pipeline, state ?? 'any'],
    queryFn: ({ signal, pageParam }) =>
      api.pipelines.listRuns(
        { query: { pipeline, limit: RUNS_PER_PAGE, ...pageParam, ...(state && { state }) } },
        { signal },
      ),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
  })

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ['pipelines', 'run', run],
    queryFn: ({ signal }) => api.pipelines.getRun({ params: { run } }, { signal }),
  })

export const explanationQuery = (run: string, step: string) =>
  queryOptions({
    queryKey: ['pipelines', 'explanation', run, step],
    queryFn: ({ signal }) => api.pipelines.explainStep({ params: { run, step } }, { signal }),
  })

/** @param attempt - the newest when it is not given */
export const summaryQuery = (run: string, step: string, attempt: number | undefined) =>
  queryOptions({
    queryKey: ['pipelines', 'summary', run, step, attempt],
    queryFn: ({ signal }) =>
      api.pipelines.readSummary({ params: { run, step }, query: attempt === undefined ? {} : { attempt } }, { signal }),
  })

/** So many of each series suffice for a picture. */
const DRAWN_POINTS = 200

export const metricsQuery = (run: string, step: string, attempt: number | undefined) =>
  queryOptions({
    queryKey: ['pipelines', 'metrics', run, step, attempt],
    queryFn: ({ signal }) =>
      pipelineApi.stepResults.listMetrics(
        {
          params: { run, step },
          query: { points: DRAWN_POINTS, limit: 5000, ...(attempt !== undefined && { attempt }) },
        },
        { signal },
      ),
  })

export interface RunWish {
  readonly params: Record<string, ParamValue>
  /** The newest when left out. */
  readonly version?: number
  readonly noCache: boolean
}

/** What a run would do; nothing is started. */
export const planQuery = (pipeline: string, wish: RunWish) =>
  queryOptions({
    queryKey: ['pipelines', 'plan', pipeline, wish],
    queryFn: ({ signal }) => api.pipelines.plan({ params: { pipeline }, body: wish }, { signal }),
  })

export const COST_DAYS = 30

export const costsQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['pipelines', 'costs', pipeline],
    queryFn: ({ signal }) =>
      api.pipelines.costs({ params: { pipeline }, query: { days: String(COST_DAYS) } }, { signal }),
  })
