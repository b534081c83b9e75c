import {
  type Approval,
  deploymentsErrors,
  type ModelVersion,
  registryErrors,
  type RolloutPlan,
  whyNot,
} from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { type Db, json } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { announce } from './announce.ts'
import { startJudging } from './judge/judging.ts'
import type { EndpointKey, EndpointRow, RolloutRow } from './rows.ts'
import { deploymentsStore } from './store.ts'

const fail = failures({ ...deploymentsErrors, ...registryErrors })

export interface NewRollout {
  readonly toVersion: number
  readonly plan: RolloutPlan
  readonly startedBy: string
  readonly says: string
  readonly now: Date
  /** Event time of the endpoint's newest prediction, ISO 8601. */
  readonly eventTime: string | null
  /** Null when the version needs nobody's approval any more. */
  readonly approval: Pick<Approval, 'id' | 'state'> | null
}

/**
 * Keeps everybody else from starting or moving a rollout of the endpoint until the transaction ends.
 *
 * @throws DomainError `deployments.endpoint_not_found`
 */
export async function lockEndpoint(tx: Db, key: EndpointKey): Promise<EndpointRow> {
  const endpoint = await deploymentsStore(tx).lockEndpoint(key)
  if (!endpoint) throw fail('deployments.endpoint_not_found', { endpoint: key.endpoint })
  return endpoint
}

/** A version with the file that nodes serve. */
export type Deployable = ModelVersion & {
  readonly artifact: NonNullable<ModelVersion['artifact']>
  readonly signature: NonNullable<ModelVersion['signature']>
}

/** @throws DomainError `registry.no_artifact`, `deployments.not_passed` */
export function requireDeployable(found: ModelVersion): Deployable {
  const { model, version, stage, artifact, signature } = found
  if (!artifact || !signature) throw fail('registry.no_artifact', { model, version })
  const reason = whyNot('deploy', stage)
  if (reason) throw fail('deployments.not_passed', { model, version, reason }, { why: `It is ${stage}. ${reason}` })
  return { ...found, artifact, signature }
}

/** @throws DomainError `deployments.rollout_running` */
export async function requireNoRollout(tx: Db, { project_id: projectId, name: endpoint }: EndpointRow): Promise<void> {
  const running = await deploymentsStore(tx).findRunning({ projectId, endpoint })
  if (running) throw fail('deployments.rollout_running', { endpoint, rollout: running.id }, { why: running.says })
}

/** Keeps what the version is made of, so that nodes can be told without asking the registry again. */
export async function keepArtifact(tx: Db, projectId: string, version: Deployable): Promise<void> {
  const { model, artifact, golden, signature } = version
  await deploymentsStore(tx).putArtifact({
    project_id: projectId,
    model,
    version: version.version,
    digest: artifact.digest,
    size_bytes: artifact.sizeBytes,
    golden,
    signature: json(signature),
  })
}

/** Writes a rollout down; `advance` does the rest. The caller holds the endpoint's lock. */
export async function startRollout(tx: Db, endpoint: EndpointRow, rollout: NewRollout): Promise<RolloutRow> {
  const { toVersion, plan, startedBy, says, now, eventTime, approval } = rollout
  const store = deploymentsStore(tx)
  const id = randomUUID()
  await store.addRollout({
    id,
    project_id: endpoint.project_id,
    endpoint: endpoint.name,
    environment: endpoint.environment,
    model: endpoint.model,
    from_version: endpoint.version,
    to_version: toVersion,
    state: 'awaiting_approval',
    says,
    plan: json(plan),
    step_index: 0,
    generation: 0,
    approval_id: approval?.id ?? null,
    approved: !approval || approval.state === 'approved',
    resident: false,
    analysis: json([]),
    judging: json(startJudging()),
    history: json([{ at: now.toISOString(), state: 'awaiting_approval', says, by: startedBy }]),
    started_by: startedBy,
    started_at: now,
    event_time_start: eventTime,
    event_time_end: eventTime,
  })
  await store.forgetWanted({ projectId: endpoint.project_id, endpoint: endpoint.name }, toVersion)
  const started = await store.findRollout(id)
  await announce(tx, started!)
  return started!
}
