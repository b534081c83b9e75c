import { deploymentsEvents, type Monitor, monitoringEvents, type MonitorSpec } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { on, publish, type Subscription } from '../../platform/events.ts'
import { type Job, periodic, worker } from '../../platform/jobs.ts'
import { createArrivals, evaluationQueue, requestEvaluation } from './arrivals.ts'
import type { MonitoringDeps } from './deps.ts'
import { createEvaluator } from './evaluator.ts'
import { presentMonitors } from './present-monitors.ts'
import { createReader } from './reader.ts'
import { describeRollback } from './report.ts'
import { monitorStore } from './store.ts'
import { windowMs } from './windows.ts'

export type { MonitoringDeps } from './deps.ts'
export type { Change } from './diagnosis.ts'

export type Monitoring = ReturnType<typeof createMonitoring>

export function createMonitoring(deps: MonitoringDeps) {
  const { db, now, endpoint: findEndpoint, rollout: findRollout } = deps
  const evaluator = createEvaluator(deps)

  /** A rollout that went back by itself is an incident that is over when it is told. */
  async function reportRollback(projectId: string, rolloutId: string): Promise<void> {
    const rollout = await findRollout(projectId, rolloutId)
    if (rollout.state !== 'rolled_back') return
    const { endpoint, model } = rollout
    const incident = {
      ...describeRollback(rollout),
      ...({ kind: 'rollout', state: 'resolved', cause: rolloutId, endpoint, model, at: now() } as const),
      eventTimeStart: rollout.eventTimeStart ?? rollout.startedAt,
      eventTimeEnd: rollout.eventTimeEnd,
    }
    await db.transaction().execute(async (tx) => {
      const [monitor] = await monitorStore(tx).monitorsOf({ projectId, endpoint })
      // Nobody watches this endpoint; the rollout itself keeps the story.
      if (!monitor) return
      const id = await monitorStore(tx).addIncident({ projectId, monitor: monitor.name }, incident)
      if (id === undefined) return
      const event = { projectId, subject: id, incidentId: id, monitor: monitor.name }
      await publish(tx, monitoringEvents, 'monitoring.incident_changed', event)
    })
  }

  const subscriptions: readonly Subscription[] = [
    on(deploymentsEvents, 'deployments.rollout_ended', 'monitoring.report_rollback', ({ projectId, rolloutId }) =>
      reportRollback(projectId, rolloutId),
    ),
  ]
  const jobs: readonly Job[] = [
    worker(evaluationQueue, ({ windows, ...key }) => evaluator.evaluate(key, windows)),
    periodic('monitoring.catch_up', 60, evaluator.evaluateAll),
  ]

  return {
    ...createReader(deps),
    ...createArrivals(deps),
    subscriptions,
    jobs,

    /** Writes a monitor; every window is computed anew by it. */
    async putMonitor({ projectId, userName: actor }: Caller, name: string, spec: MonitorSpec): Promise<Monitor> {
      const { model } = await findEndpoint(projectId, spec.endpoint)
      const key = { projectId, monitor: name }
      return db.transaction().execute(async (tx) => {
        const store = monitorStore(tx)
        const before = (await store.lockMonitor(key))?.spec
        await store.putMonitor(key, spec)
        if (before && !sameWindows(before, spec)) await store.clearWindows(key)
        await store.markAllWindows(key, spec.endpoint, spec)
        await requestEvaluation(tx, key, 'all')
        const row = { project_id: projectId, name, endpoint: spec.endpoint, spec }
        const serving = async () => [{ name: spec.endpoint, model }]
        const [written] = await presentMonitors(tx, serving, projectId, [row])
        await audit(tx, { projectId, actor, action: 'monitoring.put_monitor', subject: name, before, after: spec })
        return written!
      })
    },
  }
}

/** Whether two specs cut the same rows into the same windows. */
const sameWindows = (a: MonitorSpec, b: MonitorSpec) =>
  a.endpoint === b.endpoint &&
  Date.parse(a.origin) === Date.parse(b.origin) &&
  windowMs(a) === windowMs(b) &&
  a.labelDelaySeconds === b.labelDelaySeconds
