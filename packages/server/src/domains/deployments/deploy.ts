import { type ModelVersion, RolloutPlan, type RolloutPlanChange } from '@evenkeel/contract'
import type { z } from 'zod'
import { audit } from '../../platform/audit.ts'
import type { Db } from '../../platform/db.ts'
import type { DeploymentsDeps } from './deps.ts'
import type { Rollouts } from './rollouts.ts'
import type { EndpointKey, EndpointRow, RolloutRow } from './rows.ts'
import {
  type Deployable,
  keepArtifact,
  lockEndpoint,
  requireDeployable,
  requireNoRollout,
  startRollout,
} from './start-rollout.ts'

interface DeployDeps extends Pick<DeploymentsDeps, 'db' | 'now' | 'requestApproval' | 'eventTime'> {
  readonly rollouts: Rollouts
}

export interface Start {
  readonly startedBy: string
  readonly comment: string
  /** Differences from the plan of the endpoint. */
  readonly plan: z.infer<typeof RolloutPlanChange>
  /** Start only while the endpoint still wants the version: another server may have been faster. */
  readonly ifWanted?: true
}

/**
 * Writes a new rollout down, together with whatever approval its environment asks for, and lets it start.
 *
 * @returns the id of the rollout; null when the version is not wanted any more
 * @throws DomainError `deployments.not_passed`, `registry.no_artifact`, `deployments.rollout_running`, `deployments.endpoint_not_found`
 */
export type Deploy = (key: EndpointKey, version: ModelVersion, start: Start) => Promise<string | null>

export function createDeploy({ db, now, rollouts, requestApproval, eventTime }: DeployDeps): Deploy {
  return async (key, found, start) => {
    const version = requireDeployable(found)
    const at = await eventTime(key.projectId, key.endpoint)
    const id = await db.transaction().execute(async (tx) => {
      const endpoint = await lockEndpoint(tx, key)
      await requireNoRollout(tx, endpoint)
      if (start.ifWanted && endpoint.wanted_version !== version.version) return null
      await keepArtifact(tx, key.projectId, version)
      const rollout = await startRollout(tx, endpoint, {
        toVersion: version.version,
        plan: RolloutPlan.parse({ ...endpoint.plan, ...start.plan }),
        startedBy: start.startedBy,
        says: start.comment || 'deployed',
        now: now(),
        eventTime: at,
        approval: await askFor(tx, endpoint, version, start),
      })
      await auditDeploy(tx, rollout, start)
      return rollout.id
    })
    if (id !== null) await rollouts.advance(id)
    return id
  }

  function askFor(tx: Db, endpoint: EndpointRow, version: Deployable, { startedBy, comment }: Start) {
    return requestApproval(tx, {
      projectId: endpoint.project_id,
      model: endpoint.model,
      version: version.version,
      environment: endpoint.environment,
      digest: version.artifact.digest,
      requestedBy: startedBy,
      comment,
      evidence: evidenceFor(version),
    })
  }
}

/** What who approves should look at. */
const evidenceFor = ({ gate }: ModelVersion): string[] =>
  gate ? [gate.says, ...gate.checks.map(({ name, says }) => `${name}: ${says}`)] : []

async function auditDeploy(tx: Db, rollout: RolloutRow, { startedBy: actor, comment }: Start): Promise<void> {
  const { id, project_id: projectId, endpoint: subject, to_version: version } = rollout
  const after = { rollout: id, version }
  await audit(tx, { projectId, actor, action: 'deployments.deploy', subject, reason: comment || undefined, after })
}
