import type { PartitionState } from '@evenkeel/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { backfillsApi } from './api.ts'

/** The first part of each key is the domain whose news concern it. */
export const backfillsQuery = infiniteQueryOptions({
  queryKey: ['pipelines', 'backfills'],
  queryFn: ({ signal, pageParam }) => backfillsApi.list({ query: { limit: 20, ...pageParam } }, { signal }),
  initialPageParam: {} as { cursor?: string },
  getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
})

export const backfillQuery = (backfill: string) =>
  queryOptions({
    queryKey: ['pipelines', 'backfill', backfill],
    queryFn: ({ signal }) => backfillsApi.get({ params: { backfill } }, { signal }),
  })

/** Oldest first, page after page. */
export const partitionsQuery = (backfill: string, limit: number, state?: PartitionState) =>
  infiniteQueryOptions({
    queryKey: ['pipelines', 'partitions', backfill, limit, state ?? 'any'],
    queryFn: ({ signal, pageParam }) =>
      backfillsApi.listPartitions(
        { params: { backfill }, query: { limit, ...pageParam, ...(state && { state }) } },
        { signal },
      ),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
  })
