import type { RolloutState } from '@evenkeel/contract'
import { type Db, json } from '../../platform/db.ts'
import type { DeploymentsDeps } from './deps.ts'
import { publishDesired } from './desire.ts'
import { announce, tellEndpoint } from './announce.ts'
import { fleetStore } from './fleet-store.ts'
import { judge } from './judge/judge.ts'
import { type ArmTotals, beginStep, type CanaryEvidence, type CanarySample, startJudging } from './judge/judging.ts'
import { isEnded, requireMove } from './moves.ts'
import { fleetProgress, type FleetProgress } from './progress.ts'
import type { RolloutRow } from './rows.ts'
import { deploymentsStore, type RolloutChanges } from './store.ts'
import { names } from './words.ts'

type RolloutsDeps = Pick<DeploymentsDeps, 'db' | 'now' | 'signingKey' | 'evidence'>

export interface Rollouts {
  /**
   * Brings a rollout as far as it can go now. Any process may ask, at any time and at once: the rows say everything,
   * and the endpoint's row is the lock.
   */
  advance(rolloutId: string): Promise<void>
  /** Sends all traffic to the new version. The caller holds the endpoint's lock. */
  promote(tx: Db, rollout: RolloutRow, says: string, by?: string): Promise<RolloutRow>
  /** Sends all traffic back where it was, or declines what nobody approved yet. The caller holds the endpoint's lock. */
  rollBack(tx: Db, rollout: RolloutRow, says: string, by?: string): Promise<RolloutRow>
}

/** Who acts when no person does. */
export const system = 'system'

export function createRollouts({ db, now, signingKey, evidence }: RolloutsDeps): Rollouts {
  /** The one place where a rollout changes its state. */
  async function move(
    tx: Db,
    rollout: RolloutRow,
    { state, says, by = system, ...changes }: RolloutChanges & { state: RolloutState; says: string; by?: string },
  ): Promise<RolloutRow> {
    requireMove(rollout.state, state)
    const store = deploymentsStore(tx)
    const at = now()
    const history = json([...rollout.history, { at: at.toISOString(), state, says, by }])
    const ended = isEnded(state) && { ended_at: at }
    await store.changeRollout(rollout.id, { ...changes, ...ended, state, says, history })
    if (movesNodes(state)) {
      const where = { projectId: rollout.project_id, environment: rollout.environment }
      const { generation } = await publishDesired(tx, signingKey, where)
      await store.changeRollout(rollout.id, { generation })
    }
    const moved = await store.findRollout(rollout.id)
    await announce(tx, moved!)
    return moved!
  }

  async function advance(rolloutId: string): Promise<void> {
    while (await advanceOnce(rolloutId)) {
      // One move may make the next one possible at once.
    }
  }

  /** @returns whether the rollout moved */
  async function advanceOnce(rolloutId: string): Promise<boolean> {
    const seen = await deploymentsStore(db).findRollout(rolloutId)
    if (!seen || isEnded(seen.state)) return false
    // Read outside of the transaction: it asks another domain, and nobody should wait for that.
    const seenEvidence = isCompared(seen.state) ? await evidence(seen.project_id, seen.endpoint, seen.id) : undefined
    return db.transaction().execute(async (tx) => {
      const store = deploymentsStore(tx)
      const endpoint = await store.lockEndpoint({ projectId: seen.project_id, endpoint: seen.endpoint })
      const rollout = await store.findRollout(rolloutId)
      if (!endpoint || rollout?.state !== seen.state) return false
      if (seenEvidence) return compare(tx, rollout, seenEvidence, endpoint.recording.mode !== 'off')
      return react(tx, rollout)
    })
  }

  async function react(tx: Db, rollout: RolloutRow): Promise<boolean> {
    switch (rollout.state) {
      case 'awaiting_approval':
        if (!rollout.approved) return false
        await move(tx, rollout, { state: 'loading', says: 'approved; nodes load the version', resident: true })
        return true
      case 'loading':
        return onLoading(tx, rollout, await progress(tx, rollout, 'loaded'))
      case 'promoting':
        return onPromoting(tx, rollout, await progress(tx, rollout, 'serving'))
      case 'rolling_back':
        return onRollingBack(tx, rollout, await progress(tx, rollout, 'serving'))
      case 'canary':
      case 'paused':
      case 'succeeded':
      case 'rolled_back':
      case 'failed':
      case 'declined':
        return false
    }
  }

  async function progress(tx: Db, rollout: RolloutRow, stage: 'loaded' | 'serving'): Promise<FleetProgress> {
    const where = { projectId: rollout.project_id, environment: rollout.environment }
    return fleetProgress(await fleetStore(tx, now).liveProgress(where), rollout.generation, stage)
  }

  async function onLoading(tx: Db, rollout: RolloutRow, fleet: FleetProgress): Promise<boolean> {
    if (fleet.state === 'refused') {
      await move(tx, rollout, { state: 'failed', says: refusalOf(rollout, fleet), by: fleet.node, resident: false })
      return true
    }
    if (fleet.state !== 'done') return say(tx, rollout, waitsFor(rollout, fleet, 'load'))
    if (rollout.from_version === null) await promote(tx, rollout, 'the first version of the endpoint takes all traffic')
    else if (rollout.plan.steps.length === 0)
      await promote(tx, rollout, 'all nodes hold the version; no canary is planned')
    else await startStep(tx, rollout, 0)
    return true
  }

  async function onPromoting(tx: Db, rollout: RolloutRow, fleet: FleetProgress): Promise<boolean> {
    const { from_version: from, to_version: to, project_id: projectId, endpoint } = rollout
    if (fleet.state === 'refused') {
      const state = from === null ? 'failed' : 'rolling_back'
      await move(tx, rollout, { state, says: refusalOf(rollout, fleet), by: fleet.node, resident: false })
      return true
    }
    if (fleet.state !== 'done') return say(tx, rollout, waitsFor(rollout, fleet, 'serve'))
    // The version served before stays on the nodes: going back to it needs no download.
    await deploymentsStore(tx).setServing({ projectId, endpoint }, to)
    await move(tx, rollout, {
      state: 'succeeded',
      says: `v${to} serves all traffic: ${reasonFor(rollout, 'promoting')}`,
    })
    return true
  }

  async function onRollingBack(tx: Db, rollout: RolloutRow, fleet: FleetProgress): Promise<boolean> {
    if (fleet.state === 'refused') return say(tx, rollout, refusalOf(rollout, fleet))
    if (fleet.state !== 'done') return say(tx, rollout, waitsFor(rollout, fleet, 'give up'))
    await move(tx, rollout, { state: 'rolled_back', says: reasonFor(rollout, 'rolling_back') })
    return true
  }

  async function compare(tx: Db, rollout: RolloutRow, seen: CanaryEvidence, recorded: boolean): Promise<boolean> {
    const sample: CanarySample = { arms: await totals(tx, rollout.id), evidence: seen, recorded }
    const { judging, checks, verdict } = judge(rollout.judging, sample, rollout.plan)
    const looked: RolloutRow = { ...rollout, analysis: checks, judging }
    await deploymentsStore(tx).changeRollout(rollout.id, {
      analysis: json(checks),
      judging: json(judging),
      ...(seen.eventTimeMax !== null && { event_time_end: seen.eventTimeMax }),
    })
    if (verdict.does === 'roll_back') {
      await rollBack(tx, looked, verdict.says)
      return true
    }
    // A paused canary waits for a person, whatever good news comes.
    if (rollout.state === 'canary') return proceed(tx, looked, verdict)
    await tellEndpoint(tx, looked)
    return false
  }

  async function totals(tx: Db, rolloutId: string): Promise<CanarySample['arms']> {
    const rows = await fleetStore(tx, now).listArms([rolloutId])
    const of = (arm: 'canary' | 'baseline'): ArmTotals =>
      rows.find((row) => row.arm === arm) ?? { requests: 0, errors: 0, slow: 0 }
    return { canary: of('canary'), baseline: of('baseline') }
  }

  async function proceed(tx: Db, rollout: RolloutRow, verdict: { does: string; says: string }): Promise<boolean> {
    if (verdict.does === 'pause') await move(tx, rollout, { state: 'paused', says: verdict.says })
    else if (verdict.does !== 'promote') return say(tx, rollout, verdict.says)
    else if (rollout.step_index + 1 < rollout.plan.steps.length) await startStep(tx, rollout, rollout.step_index + 1)
    else await promote(tx, rollout, verdict.says)
    return true
  }

  async function startStep(tx: Db, rollout: RolloutRow, index: number): Promise<void> {
    const weight = rollout.plan.steps[index]
    await move(tx, rollout, {
      state: 'canary',
      says: `${weight} % of the traffic to v${rollout.to_version}, ${weight} % to a fresh baseline of v${rollout.from_version}`,
      step_index: index,
      judging: json(index === 0 ? startJudging() : beginStep(rollout.judging)),
    })
  }

  function promote(tx: Db, rollout: RolloutRow, says: string, by = system): Promise<RolloutRow> {
    return move(tx, rollout, { state: 'promoting', says, by })
  }

  function rollBack(tx: Db, rollout: RolloutRow, says: string, by = system): Promise<RolloutRow> {
    if (rollout.state === 'awaiting_approval') return move(tx, rollout, { state: 'declined', says, by })
    // A version that had traffic stays on the nodes, to be looked at until the next rollout.
    return move(tx, rollout, { state: 'rolling_back', says, by, resident: rollout.state !== 'loading' })
  }

  /** Says what a rollout waits for; it does not move. */
  async function say(tx: Db, rollout: RolloutRow, says: string): Promise<false> {
    const isNews = says !== rollout.says
    if (isNews) await deploymentsStore(tx).changeRollout(rollout.id, { says })
    // The numbers behind the words of a comparison change at every look.
    if (isNews || isCompared(rollout.state)) await tellEndpoint(tx, rollout)
    return false
  }

  return { advance, promote, rollBack }
}

/** Why the rollout entered a state, when it last did. */
const reasonFor = ({ history, says }: RolloutRow, entered: RolloutState) =>
  history.findLast(({ state }) => state === entered)?.says ?? says

const isCompared = (state: RolloutState) => state === 'canary' || state === 'paused'

/** Whether entering this state changes what nodes hold or serve. */
const movesNodes = (state: RolloutState) =>
  state === 'loading' || state === 'canary' || state === 'promoting' || state === 'rolling_back' || state === 'failed'

const refusalOf = ({ to_version: to }: RolloutRow, { node, refusal }: Extract<FleetProgress, { state: 'refused' }>) =>
  `${node} refused v${to}: ${refusal || 'no reason given'}`

function waitsFor(
  { environment, to_version: to }: RolloutRow,
  fleet: Extract<FleetProgress, { state: 'no_node' | 'waiting' }>,
  verb: string,
): string {
  if (fleet.state === 'waiting') return `waits for ${names(fleet.nodes)} to ${verb} v${to}`
  return `no live node in ${environment}; start one with: EVENKEEL_NODE_ENVIRONMENTS=${environment} evenkeel inference`
}
