import {
  type FeatureComparison,
  type Incident,
  type Monitor,
  monitoringErrors,
  type MonitorWindow,
  type PredictionRecord,
} from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'
import { type Page, type PageRequest, pageOf, positionOf } from '../../platform/page.ts'
import { compareFeature } from './compare.ts'
import type { MonitoringDeps } from './deps.ts'
import { createEvidence } from './evidence.ts'
import { presentIncident, presentPrediction } from './present.ts'
import { presentMonitors } from './present-monitors.ts'
import { recordStore } from './record-store.ts'
import { type MonitorKey, type MonitorRow, type MonitorsAsked, monitorStore } from './store.ts'
import { createVersionLookup } from './version-lookup.ts'

const fail = failures(monitoringErrors)

/** No window starts later, or before its negative, by epoch milliseconds; PostgreSQL knows these moments. */
const latestMs = 1e14

type MonitorsQuery = PageRequest & Pick<MonitorsAsked, 'text'>

/** All that is read of monitoring. Nothing here changes anything. */
export function createReader(deps: MonitoringDeps) {
  const { db, serving } = deps
  const present = (projectId: string, rows: readonly MonitorRow[]) => presentMonitors(db, serving, projectId, rows)
  const versions = createVersionLookup(deps)

  async function requireMonitor(key: MonitorKey): Promise<MonitorRow> {
    const monitor = await monitorStore(db).findMonitor(key)
    if (!monitor) throw fail('monitoring.not_found', { monitor: key.monitor })
    return monitor
  }

  return {
    /** By name. */
    async listMonitors(projectId: string, { limit, cursor, text }: MonitorsQuery): Promise<Page<Monitor>> {
      const rows = await monitorStore(db).listMonitors({ projectId, text, after: cursor, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ name }) => name)
      return { items: await present(projectId, items), nextCursor }
    },

    /** For other domains: all there are, by name. */
    async everyMonitor(projectId: string): Promise<Monitor[]> {
      return present(projectId, await monitorStore(db).listMonitors({ projectId }))
    },

    async getMonitor(key: MonitorKey): Promise<Monitor> {
      const [monitor] = await present(key.projectId, [await requireMonitor(key)])
      return monitor!
    },

    /** Event time of an endpoint's newest prediction, ISO 8601; null when there is none. */
    async eventTime(projectId: string, endpoint: string): Promise<string | null> {
      return (await recordStore(db).newestEventTime({ projectId, endpoint }))?.toISOString() ?? null
    },

    /** Newest first, open windows included. */
    async listWindows(key: MonitorKey, { limit, cursor }: PageRequest): Promise<Page<MonitorWindow>> {
      await requireMonitor(key)
      const before = cursor === undefined ? 'infinity' : new Date(positionOf(cursor, latestMs))
      const found = await monitorStore(db).listWindows(key, limit + 1, before)
      return pageOf(found, limit, ({ start }) => Date.parse(start))
    },

    async compareFeature(key: MonitorKey, start: string, feature: string): Promise<FeatureComparison> {
      const { endpoint } = await requireMonitor(key)
      const [window] = await monitorStore(db).findWindows(key, [start])
      if (!window)
        throw fail('monitoring.not_found', { monitor: key.monitor }, { why: `No window starts at ${start}.` })
      const span = { start: new Date(window.start), end: new Date(window.end) }
      const stream = { projectId: key.projectId, endpoint }
      const [judged] = await recordStore(db).servedVersions(stream, span)
      const version = judged && (await versions.find(key.projectId, judged.model, judged.version))
      const rows = await recordStore(db).featureValues(stream, span, feature)
      const counted = feature === 'score' ? rows.filter((row) => row.version === judged?.version) : rows
      const baseline = version?.baselines.find((candidate) => candidate.feature === feature)
      return compareFeature(
        feature,
        baseline,
        counted.map(({ value }) => value),
      )
    },

    /** Newest first. */
    async listIncidents(
      projectId: string,
      { limit, cursor, ...filter }: PageRequest & Parameters<ReturnType<typeof monitorStore>['listIncidents']>[1],
    ): Promise<Page<Incident>> {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : positionOf(cursor, Number.MAX_SAFE_INTEGER)
      const rows = await monitorStore(db).listIncidents(projectId, filter, limit + 1, before)
      const { items, nextCursor } = pageOf(rows, limit, ({ position }) => position)
      return { items: items.map(presentIncident), nextCursor }
    },

    async getIncident(projectId: string, incident: string): Promise<Incident> {
      const row = await monitorStore(db).findIncident(projectId, incident)
      if (!row) throw fail('monitoring.incident_not_found', { incident })
      return presentIncident(row)
    },

    async recentPredictions(projectId: string, endpoint: string, limit: number): Promise<PredictionRecord[]> {
      return (await recordStore(db).recent({ projectId, endpoint }, limit)).map(presentPrediction)
    },

    /** What was recorded while a rollout ran, for the canary judge. */
    evidence: createEvidence(deps),
  }
}
