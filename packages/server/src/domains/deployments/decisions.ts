import { deploymentsErrors, whyNotRollout } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import type { DeploymentsDeps } from './deps.ts'
import type { Rollouts } from './rollouts.ts'
import type { EndpointKey, EndpointRow, RolloutRow } from './rows.ts'
import { lockEndpoint, startRollout } from './start-rollout.ts'
import { deploymentsStore } from './store.ts'

const fail = failures(deploymentsErrors)

interface DecisionsDeps extends Pick<DeploymentsDeps, 'db' | 'now' | 'eventTime'> {
  readonly rollouts: Rollouts
}

/** A person's word, and why. */
export interface Decision {
  readonly actor: string
  readonly reason: string
}

/** What people decide over the head of the judge; audited with the analysis that was on the screen. */
export function createDecisions({ db, now, eventTime, rollouts }: DecisionsDeps) {
  return {
    /** @throws DomainError `deployments.rollout_not_found`, `deployments.wrong_state` */
    async decide(projectId: string, id: string, action: 'promote' | 'abort', decision: Decision): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const rollout = await lockRollout(tx, projectId, id)
        const { state } = rollout
        const why = whyNotRollout(action, state)
        if (why) throw fail('deployments.wrong_state', { rollout: id, state, reason: why }, { why })

        if (action === 'promote') await rollouts.promote(tx, rollout, wordsOf(decision), decision.actor)
        else await rollouts.rollBack(tx, rollout, wordsOf(decision), decision.actor)
        await auditDecision(tx, `deployments.${action}`, rollout, decision)
      })
      await rollouts.advance(id)
    },

    /**
     * Ends the rollout that runs, or starts one that goes straight back.
     *
     * @param version - one that the endpoint has served; the one served before when absent
     * @returns the id of the rollout that brings the traffic back
     * @throws DomainError `deployments.nothing_to_roll_back`, `deployments.rollout_running` when it goes elsewhere
     */
    async rollback(key: EndpointKey, decision: Decision, version?: number): Promise<string> {
      const at = await eventTime(key.projectId, key.endpoint)
      const id = await db.transaction().execute(async (tx) => {
        const endpoint = await lockEndpoint(tx, key)
        const running = await deploymentsStore(tx).findRunning(key)
        const rollout = running
          ? await endRunning(tx, running, decision, version)
          : await startBack(tx, endpoint, decision, version ?? endpoint.previous_version, at)
        await auditDecision(tx, 'deployments.rollback', running ?? rollout, decision)
        return rollout.id
      })
      await rollouts.advance(id)
      return id
    },
  }

  async function endRunning(tx: Db, running: RolloutRow, decision: Decision, version?: number): Promise<RolloutRow> {
    const { id, endpoint, from_version: from, state } = running
    if (version !== undefined && version !== from) {
      throw fail('deployments.rollout_running', { endpoint, rollout: id }, { why: running.says })
    }
    // While the first version takes over, nothing is there to go back to.
    if (state === 'promoting' && from === null) throw fail('deployments.nothing_to_roll_back', { endpoint })
    return state === 'rolling_back' ? running : rollouts.rollBack(tx, running, wordsOf(decision), decision.actor)
  }

  async function startBack(
    tx: Db,
    endpoint: EndpointRow,
    decision: Decision,
    toVersion: number | null,
    at: string | null,
  ): Promise<RolloutRow> {
    const key = { projectId: endpoint.project_id, endpoint: endpoint.name }
    const isKnown = toVersion !== null && (await deploymentsStore(tx).hasServed(key, toVersion))
    if (!isKnown || toVersion === endpoint.version) throw nothingToRollBack(endpoint, toVersion)
    return startRollout(tx, endpoint, {
      toVersion,
      plan: { ...endpoint.plan, steps: [] },
      startedBy: decision.actor,
      says: wordsOf(decision),
      now: now(),
      eventTime: at,
      // It was approved when it was deployed for the first time.
      approval: null,
    })
  }
}

async function lockRollout(tx: Db, projectId: string, id: string): Promise<RolloutRow> {
  const found = await deploymentsStore(tx).findRollout(id)
  if (found?.project_id !== projectId) throw fail('deployments.rollout_not_found', { rollout: id })
  await lockEndpoint(tx, { projectId, endpoint: found.endpoint })
  // It may have moved before the lock was ours.
  return (await deploymentsStore(tx).findRollout(id))!
}

function nothingToRollBack({ name: endpoint, version }: EndpointRow, toVersion: number | null) {
  if (toVersion === null) return fail('deployments.nothing_to_roll_back', { endpoint })
  const why = toVersion === version ? `v${toVersion} is what it serves now.` : `It has never served v${toVersion}.`
  return fail('deployments.nothing_to_roll_back', { endpoint }, { why })
}

const wordsOf = ({ actor, reason }: Decision) => `${actor}: ${reason}`

async function auditDecision(tx: Db, action: string, seen: RolloutRow, { actor, reason }: Decision): Promise<void> {
  const { id: rollout, project_id: projectId, endpoint: subject, state, analysis } = seen
  await audit(tx, { projectId, actor, action, subject, reason, before: { rollout, state, analysis } })
}
