import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useCounterIntervalMs } from '../live/useLive.ts'
import type { Span } from '../ui/window.ts'
import { mergeRows } from './merge.ts'
import { firstRunsQuery, runPagesQuery, type RunsWish, theseRunsQuery } from './queries.ts'
import { isOpen } from './states.ts'

/** So many open runs are asked for again at once, at most. */
const MOST_FRESH = 100

/**
 * The runs that a search finds, read as a person scrolls and kept up to date: new ones appear at the top, and those in
 * view that still run are asked for again. What is further away waits until it is seen.
 */
export function useRuns(wish: RunsWish) {
  const intervalMs = useCounterIntervalMs()
  const pages = useInfiniteQuery(runPagesQuery(wish))
  const { data, isFetching, hasNextPage, fetchNextPage, refetch, isPlaceholderData } = pages
  const first = useQuery({
    ...firstRunsQuery(wish),
    enabled: data !== undefined && !isPlaceholderData,
    ...(data && !isPlaceholderData && { initialData: data.pages[0]!, initialDataUpdatedAt: pages.dataUpdatedAt }),
    staleTime: 1000,
    refetchInterval: intervalMs,
  })
  const [view, setView] = useState<Span>({ from: 0, to: 0 })
  const { filter: _, orderBy: __, experiments: ___, ...bare } = wish
  const merged = useMemo(() => mergeRows(data?.pages ?? [], first.data), [data, first.data])
  const firstIds = first.data && new Set(first.data.items.map(({ id }) => id))
  const open = merged.rows
    .slice(view.from, view.to)
    .filter(({ id, status }) => isOpen(status) && firstIds?.has(id) === false)
    .slice(0, MOST_FRESH)
    .map(({ id }) => id)
  const fresh = useQuery({ ...theseRunsQuery(bare, open), enabled: open.length > 0, refetchInterval: intervalMs })
  const { rows } = useMemo(
    () => mergeRows(data?.pages ?? [], first.data, fresh.data?.items),
    [data, first.data, fresh.data],
  )

  const { gap } = merged
  useEffect(() => {
    if (gap) void refetch()
  }, [gap, refetch])

  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  return { pages, rows, more, onView: setView }
}
