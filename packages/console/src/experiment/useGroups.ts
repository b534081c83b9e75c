import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { filterOfGroup, groupId, type OpenGroup, type RunGroup, rowsOf, sortGroups } from './groups.ts'
import { groupRunsQuery, groupsQuery, type RunsWish } from './queries.ts'

/** Runs of a group that are read at first, and each time when more are asked for; the rest is a table of its own. */
const READ = [50, 200, 800, 1000] as const
export const MOST_OF_GROUP = READ.at(-1)!
/** Groups are counted once in so many looks at the runs of those that are open. */
const COUNT_EVERY = 4

/** The groups of runs that a search finds, with the runs of those that were opened. */
export function useGroups(
  wish: RunsWish,
  groupBy: string,
  counts: { readonly runs: number; readonly running: number },
) {
  const client = useQueryClient()
  const intervalMs = useCounterIntervalMs()
  const refetchInterval = counts.running > 0 && intervalMs
  // Counting all runs costs more than a page of them.
  const recount = refetchInterval && COUNT_EVERY * refetchInterval
  const query = useQuery({ ...groupsQuery(wish, groupBy, counts.runs), refetchInterval: recount })
  const groups = sortGroups(query.data?.groups ?? [], wish.orderBy?.[0], groupBy)

  // How often more was asked for, of each open group.
  const [steps, setSteps] = useState<ReadonlyMap<string, number>>(new Map())
  const opened = groups.filter((group) => steps.has(groupId(group)))
  const pageOf = (group: RunGroup) => {
    const own = { ...wish, filter: filterOfGroup(wish.filter ?? '', groupBy, group.value) }
    const step = steps.get(groupId(group))!
    // While more are read, those that were there stay.
    const before = step === 0 ? undefined : client.getQueryData(groupRunsQuery(own, READ[step - 1]!).queryKey)
    return { ...groupRunsQuery(own, READ[step]!), refetchInterval, placeholderData: () => before }
  }
  const pages = useQueries({ queries: opened.map(pageOf) })
  const open = new Map(
    opened.map((group, i): [string, OpenGroup] => {
      const { data, error, isPlaceholderData } = pages[i]!
      const more = data !== undefined && data.nextCursor !== null
      return [groupId(group), { runs: data?.items, more: more && !isPlaceholderData, error }]
    }),
  )

  const set = (group: RunGroup, step: number | undefined) =>
    setSteps((now) => {
      const others = new Map(now)
      if (step === undefined) others.delete(groupId(group))
      else others.set(groupId(group), step)
      return others
    })
  return {
    query,
    rows: rowsOf(groups, open),
    /** Opens a group, or closes it. */
    toggle: (group: RunGroup) => set(group, steps.has(groupId(group)) ? undefined : 0),
    /** Reads more runs of an open group. */
    more: (group: RunGroup) => set(group, Math.min(READ.length - 1, (steps.get(groupId(group)) ?? 0) + 1)),
  }
}
