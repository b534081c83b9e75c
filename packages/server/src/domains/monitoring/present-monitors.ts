import type { Monitor } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import type { MonitoringDeps } from './deps.ts'
import { statusOf } from './evaluator.ts'
import { recordStore } from './record-store.ts'
import { type MonitorRow, monitorStore } from './store.ts'

/** Monitors as people see them: as many statements for a page of them as for one. */
export async function presentMonitors(
  db: Db,
  serving: MonitoringDeps['serving'],
  projectId: string,
  rows: readonly MonitorRow[],
): Promise<Monitor[]> {
  const endpoints = rows.map(({ endpoint }) => endpoint)
  const names = rows.map(({ name }) => name)
  const [served, streams, latest, open] = await Promise.all([
    serving(projectId, endpoints),
    recordStore(db).listStreams(projectId, endpoints),
    monitorStore(db).latestWindows(projectId, names),
    monitorStore(db).openIncidents(projectId),
  ])
  const models = new Map(served.map(({ name, model }) => [name, model]))
  const streamOf = new Map(streams.map((stream) => [stream.endpoint, stream]))
  const incidents = Map.groupBy(open, ({ monitor }) => monitor)
  return rows.map(({ name, spec, endpoint }) => {
    const stream = streamOf.get(endpoint)
    const own = incidents.get(name) ?? []
    return {
      name,
      spec,
      model: models.get(endpoint) ?? null,
      status: statusOf(latest.get(name), own),
      recordCount: stream?.record_count ?? 0,
      labelCount: stream?.label_count ?? 0,
      watermark: stream?.complete_until?.toISOString() ?? null,
      latest: latest.get(name) ?? null,
      openIncidents: own.length,
    }
  })
}
