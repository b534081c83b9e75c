import type { DatasetVersion, TriggerSpec, TriggerTest } from '@evenkeel/contract'
import type { PipelinesDeps } from '../needs.ts'
import { occurrencesBetween } from './cron.ts'
import { acceptedVersions, type DataSource, dueAt } from './data.ts'
import { firingsStore } from './firings-store.ts'
import { everyVersion } from './month-end.ts'
import type { TriggerRow } from './store.ts'
import { completeMonths } from './window.ts'

const days = 30
const dayMs = 86_400_000
/** A schedule is counted no further: finding an occurrence takes 0.1 ms. */
const mostOccurrences = 1000

/** How often a trigger would have fired in the last 30 days, from what is kept. Pauses and cool-downs do not count. */
export async function lastDays(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  on: TriggerSpec['on'],
): Promise<TriggerTest['lastDays']> {
  const now = deps.now()
  const since = new Date(now.getTime() - days * dayMs)
  const would = (count: number, basis: string) => ({
    count,
    says: `It would have fired ${count === 1 ? 'once' : `${count} times`} in the last ${days} days, by ${basis}.`,
  })
  switch (on.kind) {
    case 'cron': {
      const { length } = occurrencesBetween(on, since, now, mostOccurrences)
      return would(length, length < mostOccurrences ? 'its schedule' : 'its schedule, or more: the count ends there')
    }
    case 'schedule': {
      const versions = await everyVersion(deps, trigger.project_id, on.dataset)
      return would(monthEndsSince(versions, since), `the months that became complete in "${on.dataset}"`)
    }
    case 'data': {
      const versions = (await acceptedVersions(deps, trigger, on.dataset)).toReversed()
      const arrivals = versions.map(({ createdAt, rowCount }) => ({ at: new Date(createdAt), rowCount }))
      const recent = arrivals.filter(({ at }) => at >= since)
      return would(countDataFirings(on, recent), `the versions of "${on.dataset}"`)
    }
    case 'pipeline': {
      const { project_id: projectId } = trigger
      const count = await firingsStore(deps.db).runsEnded(projectId, on.pipeline, on.state, since)
      return would(count, `the runs of "${on.pipeline}"`)
    }
    case 'webhook':
      return would(await firingsStore(deps.db).countSince(trigger, since), 'the requests that came in')
    case 'decay':
    case 'drift':
    case 'model':
      return { count: null, says: 'What it listens to is not kept; the list of firings says when it fired.' }
    case 'folder':
    case 'bucket':
    case 'sql':
      return { count: null, says: 'Its past is not known; the list of firings says when it fired.' }
  }
}

/** How often the newest complete month became a later one, as versions arrived. */
export function monthEndsSince(
  versions: readonly Pick<DatasetVersion, 'createdAt' | 'eventTimeMin' | 'eventTimeMax'>[],
  since: Date,
): number {
  const arrived = versions.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
  const newest = arrived.map((_, at) => completeMonths(arrived.slice(0, at + 1)).at(-1) ?? -Infinity)
  return arrived.filter(
    ({ createdAt }, at) => Date.parse(createdAt) >= since.getTime() && newest[at]! > (newest[at - 1] ?? -Infinity),
  ).length
}

/** @param arrivals - oldest first */
export function countDataFirings(
  { debounce, minNewRows }: Pick<DataSource, 'debounce' | 'minNewRows'>,
  arrivals: readonly { readonly at: Date; readonly rowCount: number }[],
): number {
  let count = 0
  let rows = 0
  let firstAt: Date | undefined
  for (const [index, { at, rowCount }] of arrivals.entries()) {
    firstAt ??= at
    rows += rowCount
    const next = arrivals[index + 1]
    if (debounce && next && next.at < dueAt(debounce, firstAt, at)) continue
    firstAt = undefined
    if (rows < minNewRows) continue
    count++
    rows = 0
  }
  return count
}
