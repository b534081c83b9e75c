import { type MonitorWindow, monitoringEvents } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { publish } from '../../platform/events.ts'
import type { MonitoringDeps } from './deps.ts'
import { diagnose } from './diagnosis.ts'
import { type Episode, findEpisodes } from './episodes.ts'
import { createLossTally, type LossOfFeature } from './loss-by-bin.ts'
import { recordStore } from './record-store.ts'
import { remedies } from './remedies.ts'
import { describeIncident, type WatchedKind } from './report.ts'
import {
  type IncidentRow,
  type MonitorKey,
  type MonitorRow,
  monitorStore,
  type Standing,
  type WindowRow,
} from './store.ts'
import type { VersionLookup } from './version-lookup.ts'

/** What each kind of incident reads in a window. */
const columnOf = { decay: 'decayed', drift: 'drifted', data_quality: 'unclean' } as const
const kinds = Object.keys(columnOf) as readonly WatchedKind[]

interface Context {
  readonly tx: Db
  readonly deps: MonitoringDeps
  readonly versions: VersionLookup
  readonly monitor: MonitorRow
  readonly rows: readonly WindowRow[]
}

/**
 * Makes the incidents of a monitor agree with its closed windows, whatever changed them: new windows, late records or
 * late labels. Done twice, it changes nothing.
 */
export async function syncIncidents(context: Context): Promise<void> {
  const { tx, monitor } = context
  const known = await monitorStore(tx).incidentsOf(keyOf(monitor))
  for (const kind of kinds) {
    const episodes = episodesOf(context, kind)
    const incidents = known.filter((incident) => incident.kind === kind)
    await settleKnown(context, incidents, episodes)
    for (const episode of episodes) {
      if (!incidents.some(({ cause }) => cause === causeOf(episode))) await openIncident(context, kind, episode)
    }
  }
}

const keyOf = ({ project_id: projectId, name: monitor }: MonitorRow): MonitorKey => ({ projectId, monitor })

const causeOf = ({ windows }: Episode) => windows[0]!.start

function episodesOf({ rows, monitor }: Context, kind: WatchedKind): Episode[] {
  const signals = rows.map((row) => ({
    start: row.start_at.toISOString(),
    end: row.end_at.toISOString(),
    version: row.version,
    bad: row.closed ? row[columnOf[kind]] : null,
  }))
  return findEpisodes(signals, kind === 'decay' ? monitor.spec.performance.windows : 1)
}

/** Brings incidents to where they stand now; those that end come first, since one of a kind may be open. */
async function settleKnown(context: Context, incidents: readonly IncidentRow[], episodes: readonly Episode[]) {
  const changes = incidents
    .map(({ id, state, cause }) => ({
      id,
      state,
      next: standingOf(episodes.find((episode) => causeOf(episode) === cause)),
    }))
    .filter(({ state, next }) => next.state !== state)
    .toSorted((a, b) => Number(a.next.state === 'open') - Number(b.next.state === 'open'))
  for (const { id, next } of changes) {
    await monitorStore(context.tx).setStanding(id, next, context.deps.now())
    await announce(context, id)
  }
}

function standingOf(episode: Episode | undefined): Standing {
  if (!episode) {
    const resolution = 'Late records or labels changed the windows: they are not bad any more.'
    return { state: 'resolved', eventTimeEnd: null, resolution }
  }
  if (!episode.ended) return { state: 'open', eventTimeEnd: null, resolution: null }
  return { state: 'resolved', eventTimeEnd: episode.ended.eventTime, resolution: episode.ended.says }
}

const announce = ({ tx, monitor }: Context, incidentId: string) =>
  publish(tx, monitoringEvents, 'monitoring.incident_changed', {
    projectId: monitor.project_id,
    subject: incidentId,
    incidentId,
    monitor: monitor.name,
  })

async function openIncident(context: Context, kind: WatchedKind, episode: Episode): Promise<void> {
  const { tx, deps, monitor, rows } = context
  const { project_id: projectId, name, endpoint, spec } = monitor
  const openingStarts = episode.windows.filter(({ start }) => start <= episode.openedBy.start).map(({ start }) => start)
  const windows = await monitorStore(tx).findWindows(keyOf(monitor), openingStarts)
  const { title, what } = describeIncident(kind, spec, windows)
  const model = rows.find((row) => row.start_at.toISOString() === episode.openedBy.start)?.model ?? ''
  const explanation = await explain(context, kind, model, windows.at(-1)!, windows[0]!.start)
  const id = await monitorStore(tx).addIncident(keyOf(monitor), {
    kind,
    endpoint,
    model,
    title,
    what,
    ...explanation,
    ...standingOf(episode),
    cause: causeOf(episode),
    at: deps.now(),
    eventTimeStart: windows[0]!.start,
  })
  if (id === undefined) return
  await announce(context, id)
  if (kind !== 'decay') return
  const says = [title, ...what].join('. ').replaceAll('..', '.').slice(0, 1000)
  const event = { projectId, subject: name, monitor: name, endpoint, model, says, incidentId: id }
  await publish(tx, monitoringEvents, 'monitoring.performance_decayed', { ...event, eventTime: episode.openedBy.end })
}

/** Why it happened and what to do, from the windows before it and what changed around it. */
async function explain(context: Context, kind: WatchedKind, model: string, bad: MonitorWindow, since: string) {
  const { tx, deps, versions, monitor, rows } = context
  const { project_id: projectId, name, endpoint, spec } = monitor
  const before = rows.filter((row) => row.closed && row.start_at.toISOString() < since)
  const windows = await monitorStore(tx).findWindows(
    keyOf(monitor),
    before.slice(-longestMemory).map((row) => row.start_at),
  )
  const good = bestOf(windows, bad.baselineVersion)
  const version = bad.baselineVersion === null ? undefined : await versions.find(projectId, model, bad.baselineVersion)
  const earlier = windows.findLast(({ baselineVersion }) => baselineVersion !== bad.baselineVersion)
  const changes = await deps.changesBetween(projectId, endpoint, good?.end ?? since, bad.end)
  const lossIn = (window: MonitorWindow | undefined) => lossByFeature(context, window, version?.baselines ?? [])
  const evidence = { monitor: name, bad, good, lossBefore: await lossIn(good), lossNow: await lossIn(bad), changes }
  return {
    why: diagnose(evidence),
    fix: remedies({ kind, monitor: name, endpoint, windowDays: spec.windowDays, bad, earlier, version }),
  }
}

/** So many windows before an incident are searched for a good one. */
const longestMemory = 60

/** The window with the highest AUC: one of the same version if there is any. */
function bestOf(windows: readonly MonitorWindow[], version: number | null): MonitorWindow | undefined {
  const measured = windows.filter(({ performance }) => performance.auc !== null)
  const same = measured.filter(({ baselineVersion }) => baselineVersion === version)
  return (same.length > 0 ? same : measured).toSorted((a, b) => b.performance.auc! - a.performance.auc!)[0]
}

async function lossByFeature(
  { tx, monitor }: Context,
  window: MonitorWindow | undefined,
  baselines: Parameters<typeof createLossTally>[0],
): Promise<LossOfFeature[]> {
  if (!window) return []
  const tally = createLossTally(baselines)
  const span = { start: new Date(window.start), end: new Date(window.end) }
  const rows = recordStore(tx).rows({ projectId: monitor.project_id, endpoint: monitor.endpoint }, span)
  for await (const row of rows) if (row.version === window.baselineVersion) tally.add(row)
  return tally.read()
}
