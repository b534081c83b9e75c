import type { Ack, Arm, DesiredState, fleet, NodeStatus, ParsedRequestOf } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import type { StreamEvent } from '../../platform/http.ts'
import { addedSince, type Counters, type Traffic } from './counters.ts'
import type { DeploymentsDeps } from './deps.ts'
import { publishDesired } from './desire.ts'
import { fleetStore, type NodeKey } from './fleet-store.ts'
import { countSlow, onOurEdges } from './latency.ts'
import type { Rollouts } from './rollouts.ts'
import type { EnvironmentKey, RolloutRow } from './rows.ts'
import { deploymentsStore } from './store.ts'
import { trafficStore } from './traffic-store.ts'
import type { WakeUps } from './wake-ups.ts'

interface FleetDeps extends Pick<DeploymentsDeps, 'db' | 'now' | 'signingKey'> {
  readonly wakeUps: WakeUps
  readonly rollouts: Rollouts
}

type Report = ParsedRequestOf<typeof fleet.report>['body']
type ArmReport = Report['arms'][number]

/** What inference nodes are told, and what they tell. */
export interface Fleet {
  /** The desired state now, then each change; generations may be skipped, and never go back. */
  follow(where: EnvironmentKey, node: string, signal: AbortSignal): AsyncGenerator<StreamEvent<DesiredState>>
  acknowledge(projectId: string, ack: Ack): Promise<void>
  report(projectId: string, report: Report): Promise<void>
}

export function createFleet({ db, now, signingKey, wakeUps, rollouts }: FleetDeps): Fleet {
  const see = async (tx: Db, key: NodeKey, environments: readonly string[], url: string, status: NodeStatus | null) => {
    const store = fleetStore(tx, now)
    await store.seeNode(key, { url, status })
    for (const environment of environments) await store.joinEnvironment(key, environment)
    return store
  }

  /** A node may come before the first endpoint of its environment. */
  const ensureDesired = (where: EnvironmentKey, node: string) =>
    db.transaction().execute(async (tx) => {
      await see(tx, { projectId: where.projectId, node }, [where.environment], '', null)
      if (!(await deploymentsStore(tx).readDesired(where))) await publishDesired(tx, signingKey, where)
    })

  return {
    async *follow(where, node, signal) {
      await ensureDesired(where, node)
      let sent = 0
      for await (const _ of wakeUps.ticks(signal)) {
        const desired = await deploymentsStore(db).readDesired(where)
        if (!desired || desired.generation <= sent) continue
        sent = desired.generation
        yield { id: String(sent), data: desired }
      }
    },

    async acknowledge(projectId, ack) {
      const { node, environment, url, status } = ack
      await db.transaction().execute(async (tx) => {
        const store = await see(tx, { projectId, node }, [environment], url, status)
        await store.acknowledge(projectId, ack)
      })
      for (const { id, state } of await deploymentsStore(db).listRunning({ projectId, environment })) {
        if (state === 'loading' || state === 'promoting' || state === 'rolling_back') await rollouts.advance(id)
      }
    },

    async report(projectId, { node, bootId, url, status, arms }) {
      const key = { projectId, node }
      await db.transaction().execute(async (tx) => {
        // The node's row is locked here, so reports of one node are taken one after the other.
        const store = await see(tx, key, status.environments, url, status)
        await store.leaveOtherEnvironments(key, status.environments)
        await count(tx, key, bootId, arms)
      })
    },
  }

  async function count(tx: Db, key: NodeKey, bootId: string, arms: readonly ArmReport[]): Promise<void> {
    const known = await fleetStore(tx, now).listCounters(key)
    const running = await deploymentsStore(tx).listRunning({ projectId: key.projectId })
    // Always in one order, so that two nodes that count for the same rows never wait for each other in a circle.
    for (const report of arms.toSorted((a, b) => (label(a) < label(b) ? -1 : 1))) {
      const counters = countersOf(bootId, report)
      const before = known.find((row) => label(row) === label(report))
      const added = addedSince(before && readCounters(before), counters)
      if (before && before.boot_id === bootId && added.requests === 0 && added.errors === 0) continue
      await keepCounters(tx, key, report, counters)
      await addTraffic(tx, key.projectId, report, added)
      await addToRollout(tx, running, report, added)
    }
  }

  async function keepCounters(tx: Db, { projectId, node }: NodeKey, report: ArmReport, counters: Counters) {
    const { endpoint, arm, version } = report
    const { bootId, requests, errors, latencyCounts } = counters
    await fleetStore(tx, now).putCounter({
      project_id: projectId,
      node,
      endpoint,
      arm,
      version,
      boot_id: bootId,
      requests,
      errors,
      latency_counts: [...latencyCounts],
    })
  }

  async function addTraffic(tx: Db, projectId: string, { endpoint, arm, version }: ArmReport, added: Traffic) {
    if (added.requests > 0) await trafficStore(tx).add({ projectId, endpoint }, now(), arm, version, added)
  }

  async function addToRollout(tx: Db, running: readonly RolloutRow[], report: ArmReport, added: Traffic) {
    const { endpoint, arm, version } = report
    if (arm === 'primary' || added.requests === 0) return
    const rollout = running.find((row) => row.endpoint === endpoint && versionOn(arm, row) === version)
    if (!rollout) return
    await fleetStore(tx, now).addToArm(rollout.id, arm, added, countSlow(added.latencyCounts, rollout.plan.slowMs))
  }
}

const label = ({ endpoint, arm, version }: { endpoint: string; arm: Arm; version: number }) =>
  `${endpoint}/${arm}/${version}`

const versionOn = (arm: 'canary' | 'baseline', rollout: RolloutRow) =>
  arm === 'canary' ? rollout.to_version : rollout.from_version

const countersOf = (bootId: string, { requests, errors, latency }: ArmReport): Counters => ({
  bootId,
  requests,
  errors,
  latencyCounts: onOurEdges(latency),
})

const readCounters = (row: {
  boot_id: string
  requests: number
  errors: number
  latency_counts: number[]
}): Counters => ({
  bootId: row.boot_id,
  requests: row.requests,
  errors: row.errors,
  latencyCounts: row.latency_counts,
})
