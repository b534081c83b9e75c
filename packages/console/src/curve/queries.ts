import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { trackedRunsApi } from '../experiment/api.ts'

/** As many as a chart of this size can show; fewer of each when there are many curves. */
const POINTS = 500
const POINTS_OF_MANY = 150
const MANY = 20

/** One metric of some runs, with its peaks. */
export const curveQuery = (metric: string, runs: readonly string[]) =>
  queryOptions({
    queryKey: ['tracking', 'curve', metric, runs],
    queryFn: ({ signal }) =>
      trackedRunsApi.curves(
        { body: { runs: [...runs], metrics: [metric], points: runs.length > MANY ? POINTS_OF_MANY : POINTS } },
        { signal },
      ),
    placeholderData: keepPreviousData,
  })
