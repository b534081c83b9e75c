import type { RunSearchRequest } from '@evenkeel/contract'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { fromStart } from '../ui/pages.ts'
import { experimentsApi, trackedRunsApi, viewsApi } from './api.ts'
import { filterOfRuns } from './keys.ts'

/** The first part of each key is the domain whose news concern it. */
const DOMAIN = 'tracking'

export const experimentsQuery = (folder: string, search: string) =>
  infiniteQueryOptions({
    queryKey: [DOMAIN, 'experiments', folder, search],
    queryFn: ({ signal, pageParam }) =>
      experimentsApi.list(
        { query: { limit: 100, ...pageParam, ...(folder && { folder }), ...(search && { search }) } },
        { signal },
      ),
    ...fromStart,
    placeholderData: keepPreviousData,
  })

export const experimentQuery = (experiment: string) =>
  queryOptions({
    queryKey: [DOMAIN, 'experiment', experiment],
    queryFn: ({ signal }) => experimentsApi.get({ params: { experiment } }, { signal }),
  })

/** Saved ways to look at the runs of an experiment, by name. */
export const viewsQuery = (experiment: string) =>
  queryOptions({
    queryKey: [DOMAIN, 'views', experiment],
    queryFn: ({ signal }) => viewsApi.list({ params: { experiment } }, { signal }),
    retry: false,
  })

export type KeyKind = 'metric' | 'param' | 'tag'

/** Names of what was logged, by name. */
export const keysQuery = (experiment: string, kind: KeyKind, search = '') =>
  infiniteQueryOptions({
    queryKey: [DOMAIN, 'keys', experiment, kind, search],
    queryFn: ({ signal, pageParam }) =>
      experimentsApi.keys(
        { params: { experiment }, query: { kind, limit: 50, ...pageParam, ...(search && { search }) } },
        { signal },
      ),
    ...fromStart,
    placeholderData: keepPreviousData,
  })

/** Which runs, in which order, with which columns. */
export type RunsWish = Pick<
  RunSearchRequest,
  'experiments' | 'filter' | 'lifecycle' | 'orderBy' | 'metrics' | 'params' | 'tags'
>

/** A screen full comes first, and fast; what is below it comes in larger pieces. */
const FIRST_RUNS = 25
const RUNS_PER_PAGE = 100

/** Page after page, as a person scrolls; what is new at the top comes with `newestRunsQuery`. */
export const runPagesQuery = (wish: RunsWish) =>
  infiniteQueryOptions({
    queryKey: [DOMAIN, 'runs', wish],
    queryFn: ({ signal, pageParam }) =>
      trackedRunsApi.search(
        { body: { ...wish, limit: pageParam.cursor === undefined ? FIRST_RUNS : RUNS_PER_PAGE, ...pageParam } },
        { signal },
      ),
    ...fromStart,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** The first page, as it is now. */
export const firstRunsQuery = (wish: RunsWish) =>
  queryOptions({
    queryKey: [DOMAIN, 'first runs', wish],
    queryFn: ({ signal }) => trackedRunsApi.search({ body: { ...wish, limit: FIRST_RUNS } }, { signal }),
  })

/** These runs as they are now, in no order. */
export const theseRunsQuery = (wish: Omit<RunsWish, 'filter' | 'orderBy' | 'experiments'>, runs: readonly string[]) =>
  queryOptions({
    queryKey: [DOMAIN, 'these runs', wish, runs],
    queryFn: ({ signal }) =>
      trackedRunsApi.search({ body: { ...wish, filter: filterOfRuns(runs), limit: 1000 } }, { signal }),
    placeholderData: keepPreviousData,
  })

export const runCountQuery = (wish: Pick<RunsWish, 'experiments' | 'filter' | 'lifecycle'>) =>
  queryOptions({
    queryKey: [DOMAIN, 'run count', wish],
    queryFn: ({ signal }) => trackedRunsApi.count({ body: wish }, { signal }),
    placeholderData: keepPreviousData,
  })

/** So many metrics are summed up for groups at once. */
export const MOST_SUMMED = 50

/**
 * How many runs are in each group, and what their metrics come to.
 *
 * @param known - runs that there are; when there are others, it is asked for again
 */
export const groupsQuery = ({ experiments, filter, lifecycle, metrics }: RunsWish, groupBy: string, known: number) => {
  const body = {
    experiments,
    filter,
    lifecycle,
    groupBy,
    metrics: metrics === 'all' ? [] : metrics!.slice(0, MOST_SUMMED),
  }
  return queryOptions({
    queryKey: [DOMAIN, 'groups', body, known],
    queryFn: ({ signal }) => trackedRunsApi.aggregate({ body }, { signal }),
    placeholderData: keepPreviousData,
  })
}

/** The first runs of a group, or as many as were asked for. */
export const groupRunsQuery = (wish: RunsWish, limit: number) =>
  queryOptions({
    queryKey: [DOMAIN, 'runs of a group', wish, limit],
    queryFn: ({ signal }) => trackedRunsApi.search({ body: { ...wish, limit } }, { signal }),
  })
