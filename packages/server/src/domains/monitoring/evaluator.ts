import { type Monitor, type MonitorWindow, monitoringEvents } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { publish } from '../../platform/events.ts'
import type { MonitoringDeps } from './deps.ts'
import { evaluateWindow, judge } from './evaluate.ts'
import { syncIncidents } from './incidents.ts'
import { recordStore, type ServedVersion } from './record-store.ts'
import { type IncidentRow, type MonitorKey, type MonitorRow, monitorStore } from './store.ts'
import { createTally } from './tally.ts'
import { createVersionLookup } from './version-lookup.ts'
import { closedUntil, dueWindow, isClosed, windowMs } from './windows.ts'

/** Computes the windows of monitors, one transaction each, so that a kill at any moment loses nothing. */
export function createEvaluator(deps: MonitoringDeps) {
  const { db, now } = deps
  const versions = createVersionLookup(deps)

  /** Computes the oldest of these windows that needs it. @returns false when none does */
  function evaluateNext(key: MonitorKey, windows: 'all' | 'closed'): Promise<boolean> {
    return db.transaction().execute(async (tx) => {
      const store = monitorStore(tx)
      const monitor = await store.lockMonitor(key)
      if (!monitor) return false
      const watermarkMs = await watermarkOf(tx, monitor)
      const known = (await store.listWindowRows(key)).map((row) => ({
        startMs: row.start_at.getTime(),
        closed: row.closed,
      }))
      const untilMs = windows === 'closed' ? closedUntil(monitor.spec, watermarkMs) : Infinity
      const startMs = (await store.takePending(key, untilMs))?.getTime() ?? dueWindow(monitor.spec, known, watermarkMs)
      if (startMs === undefined) return false

      const { window, model } = await compute(tx, monitor, startMs, isClosed(monitor.spec, startMs, watermarkMs))
      await store.putWindow(key, window, { ...judge(window), model })
      if (!window.closed) return true
      await syncIncidents({ tx, deps, versions, monitor, rows: await store.listWindowRows(key) })
      const wasClosed = known.some((row) => row.startMs === startMs && row.closed)
      if (!wasClosed) await announce(tx, monitor, window)
      return true
    })
  }

  async function compute(tx: Db, monitor: MonitorRow, startMs: number, closed: boolean) {
    const { project_id: projectId, endpoint, spec } = monitor
    const span = { start: new Date(startMs), end: new Date(startMs + windowMs(spec)) }
    const store = recordStore(tx)
    const served = await store.servedVersions({ projectId, endpoint }, span)
    const judged = served[0]
    const version = judged && (await versions.find(projectId, judged.model, judged.version))
    const tally = createTally(version?.baselines ?? [], judged?.version ?? null)
    for await (const row of store.rows({ projectId, endpoint }, span)) tally.add(row)
    const frame = {
      start: span.start.toISOString(),
      end: span.end.toISOString(),
      closed,
      versions: sharesOf(served),
      baselineVersion: judged?.version ?? null,
      computedAt: now(),
    }
    return { window: evaluateWindow(spec, frame, tally.read()), model: judged?.model ?? null }
  }

  /** Computes every window of a monitor that may have changed: to count an open one again can wait a little. */
  async function evaluate(key: MonitorKey, windows: 'all' | 'closed'): Promise<void> {
    while (await evaluateNext(key, windows));
  }

  /** Catches up with what a job missed or left behind. */
  async function evaluateAll(): Promise<void> {
    for (const key of await monitorStore(db).listKeys()) await evaluate(key, 'all')
  }

  return { evaluate, evaluateAll }
}

async function watermarkOf(tx: Db, { project_id: projectId, endpoint }: MonitorRow): Promise<number | null> {
  const stream = await recordStore(tx).findStream({ projectId, endpoint })
  return stream?.complete_until?.getTime() ?? null
}

function sharesOf(served: readonly ServedVersion[]): MonitorWindow['versions'] {
  const total = served.reduce((sum, { rowCount }) => sum + rowCount, 0)
  return served.map(({ version, rowCount }) => ({ version, share: rowCount / total }))
}

async function announce(tx: Db, monitor: MonitorRow, window: MonitorWindow): Promise<void> {
  const { project_id: projectId, name, endpoint } = monitor
  const { start, end, performance } = window
  await publish(tx, monitoringEvents, 'monitoring.window_closed', {
    projectId,
    subject: name,
    monitor: name,
    endpoint,
    start,
    end,
    auc: performance.auc,
    status: await statusNow(tx, monitor, window),
  })
}

/** How a monitor stands: by its open incidents, when its newest window holds anything at all. */
async function statusNow(
  db: Db,
  { project_id: projectId, name }: MonitorRow,
  latest: MonitorWindow | undefined,
): Promise<Monitor['status']> {
  const open = await monitorStore(db).openIncidents(projectId)
  return statusOf(
    latest,
    open.filter(({ monitor }) => monitor === name),
  )
}

/** How a monitor stands, by its newest closed window and its open incidents. */
export function statusOf(latest: MonitorWindow | undefined, open: readonly IncidentRow[]): Monitor['status'] {
  if (!latest || latest.rowCount === 0) return 'no_data'
  if (open.some(({ kind }) => kind === 'decay')) return 'decay'
  return open.some(({ kind }) => kind === 'drift') ? 'drift' : 'ok'
}
