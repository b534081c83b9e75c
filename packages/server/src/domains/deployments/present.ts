import type { EndpointView, NodeStatus, Rollout } from '@evenkeel/contract'
import { armsOf } from './desired-state.ts'
import type { NodeRow } from './fleet-store.ts'
import { quantileMs } from './latency.ts'
import type { EndpointRow, RolloutRow } from './rows.ts'
import type { RecentTraffic } from './traffic-store.ts'

/** What the canary has answered during a rollout. */
export interface CanaryTotals {
  readonly requests: number
  readonly errors: number
}

export function presentRollout(row: RolloutRow, canary: CanaryTotals | undefined): Rollout {
  return {
    id: row.id,
    endpoint: row.endpoint,
    environment: row.environment,
    model: row.model,
    fromVersion: row.from_version,
    toVersion: row.to_version,
    state: row.state,
    says: row.says,
    plan: row.plan,
    stepIndex: row.step_index,
    canaryWeight: canaryWeight(row),
    analysis: [...row.analysis],
    approvalId: row.approval_id,
    requestCount: canary?.requests ?? 0,
    failedRequestCount: canary?.errors ?? 0,
    startedBy: row.started_by,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    eventTimeStart: row.event_time_start?.toISOString() ?? null,
    eventTimeEnd: row.event_time_end?.toISOString() ?? null,
    history: row.history,
  }
}

function canaryWeight({ state, plan, step_index: step }: RolloutRow): number {
  if (state === 'canary' || state === 'paused') return plan.steps[step] ?? 0
  return state === 'promoting' || state === 'succeeded' ? 100 : 0
}

export interface EndpointParts {
  readonly endpoint: EndpointRow
  /** The newest, running or over. */
  readonly rollout: RolloutRow | undefined
  readonly canary: CanaryTotals | undefined
  readonly generation: number
  readonly nodes: readonly NodeRow[]
  readonly traffic: RecentTraffic | undefined
  /** The span behind `traffic.newestRequests`. */
  readonly newestSeconds: number
}

export function presentEndpoint(parts: EndpointParts): EndpointView {
  const { endpoint, rollout, canary, generation, traffic, newestSeconds } = parts
  const nodes = parts.nodes.filter(({ environments }) => environments.includes(endpoint.environment))
  const isRunning = rollout !== undefined && rollout.ended_at === null
  return {
    name: endpoint.name,
    environment: endpoint.environment,
    model: endpoint.model,
    description: endpoint.description,
    featureViews: endpoint.feature_views,
    recording: endpoint.recording,
    version: endpoint.version,
    previousVersion: endpoint.previous_version,
    arms: armsOf({ endpoint, rollout }).map((arm) => ({ ...arm, weight: arm.weight / 100 })),
    rollout: isRunning ? presentRollout(rollout, canary) : null,
    generation,
    nodes: nodes.map(presentNode),
    traffic: presentTraffic(traffic, newestSeconds),
    url: nodes.find(({ live, url }) => live && url !== '')?.url ?? null,
    createdAt: endpoint.created_at.toISOString(),
  }
}

function presentNode({ name, live, lastSeenAt, environments, status }: NodeRow): NodeStatus {
  return {
    generation: 0,
    loaded: [],
    problem: null,
    memoryBytes: 0,
    ...status,
    node: name,
    environments: [...environments],
    live,
    lastSeenAt: lastSeenAt.toISOString(),
  }
}

function presentTraffic(traffic: RecentTraffic | undefined, newestSeconds: number): EndpointView['traffic'] {
  const counts = traffic?.latencyCounts ?? []
  return {
    requests: traffic?.requests ?? 0,
    errors: traffic?.errors ?? 0,
    requestsPerSecond: (traffic?.newestRequests ?? 0) / newestSeconds,
    p50Ms: quantileMs(counts, 0.5),
    p95Ms: quantileMs(counts, 0.95),
    p99Ms: quantileMs(counts, 0.99),
  }
}
