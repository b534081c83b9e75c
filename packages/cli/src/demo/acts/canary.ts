import type { ModelVersion } from '@evenkeel/contract'
import { pendingApproval, rolloutOf, rolloutState } from '../waits.ts'
import type { StoryDeps } from './deps.ts'

export async function approve({ cast }: StoryDeps, version: number, reason: string): Promise<void> {
  const { id } = await pendingApproval(cast.ben, version)
  await cast.ben.governance.decide({ params: { approval: id }, body: { decision: 'approve', reason } })
}

export async function startCanary(deps: StoryDeps, { version }: ModelVersion): Promise<number> {
  await approve(deps, version, 'better on the same flights; canary first')
  const rollout = await rolloutState(deps.cast.ana, version, 'canary')
  deps.say(`version ${version} takes ${rollout.canaryWeight} % of the traffic`)
  return version
}

/** Looks whether the canary under watch is over; writes down what became of it. */
export async function canaryEnded(deps: StoryDeps, version: number, eventMs: number): Promise<boolean> {
  const { cast, facts, load, say } = deps
  const rollout = await rolloutOf(cast.ana, version)
  if (rollout?.state === 'paused') throw new Error(`the canary of version ${version} stays undecided: ${rollout.says}`)
  if (rollout?.state !== 'succeeded' && rollout?.state !== 'rolled_back') return false
  const quality = rollout.analysis.find(({ name }) => name === 'quality')
  say(`version ${version}: ${rollout.state} on ${new Date(eventMs).toISOString().slice(0, 10)}: ${rollout.says}`)
  const bad = facts.list().find(({ act }) => act === 10)?.ids['version'] === version
  await facts.play(bad ? 10 : 9, bad ? 'A bad successor' : 'Retrain', async (act) => {
    act.ids[`rollout of version ${version}`] = rollout.id
    act.figures[`version ${version}: canary`] = rollout.says
    act.figures[`version ${version}: quality`] = quality?.says ?? null
    act.figures[`version ${version}: failed requests`] = rollout.failedRequestCount
    act.must(
      rollout.failedRequestCount === 0,
      `${rollout.failedRequestCount} requests failed during the rollout of version ${version}`,
    )
    if (!bad) return ''
    const failed = load.counts.failed + load.counts.retried - Number(act.figures['failedBefore'])
    act.figures['failedRequests'] = failed
    act.must(rollout.state === 'rolled_back', 'the bad successor was promoted')
    act.must(failed === 0, `${failed} requests failed while it came and went`)
    return `version ${version} was rolled back by itself on ${new Date(eventMs).toISOString().slice(0, 10)}: ${rollout.says}`
  })
  return true
}
