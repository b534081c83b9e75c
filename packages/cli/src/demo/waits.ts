import type { Approval, Rollout, Run } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import type { DemoApi } from './api.ts'
import { NAMES } from './setup.ts'

const LIMIT_MS = 120_000
const PAUSE_MS = 60
/** A run takes seconds, and to read it costs more than most questions. */
const RUN_PAUSE_MS = 250

/** Asks again and again until there is an answer; gives up with words. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, pauseMs = PAUSE_MS): Promise<T> {
  const giveUpAt = Date.now() + LIMIT_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > giveUpAt) throw new Error(`waited ${LIMIT_MS / 1000} s for ${what}`)
    await delay(pauseMs)
  }
}

/** Waits for the end of a run; tells how far it is. */
export function runEnd(api: DemoApi, runId: string, onProgress: (says: string) => void): Promise<Run> {
  const ask = async () => {
    const run = await api.pipelines.getRun({ params: { run: runId } })
    const busy = run.steps.find(({ state }) => state === 'running')
    if (busy) onProgress(busy.progress ? `${busy.key}: ${busy.progress.says}` : busy.key)
    if (run.state === 'failed' || run.state === 'cancelled') throw new Error(`run ${runId} ${run.state}: ${run.reason}`)
    return run.state === 'succeeded' ? run : undefined
  }
  return until(`run ${runId}`, ask, RUN_PAUSE_MS)
}

/** The version a run registered, which the register step wrote down. */
export function versionOf(run: Run): number {
  const version = Number(run.steps.find(({ key }) => key === 'register')?.values['version'])
  if (!Number.isInteger(version)) throw new Error(`run ${run.id} registered no version`)
  return version
}

/** The newest rollout of a version in production. */
export async function rolloutOf(api: DemoApi, version: number): Promise<Rollout | undefined> {
  const { items } = await api.deployments.listRollouts({ params: { endpoint: NAMES.endpoint }, query: {} })
  return items.find(({ toVersion }) => toVersion === version)
}

export function pendingApproval(api: DemoApi, version: number): Promise<Approval> {
  return until(`the approval request of version ${version}`, async () => {
    const { items } = await api.governance.listApprovals({ query: { state: 'pending', model: NAMES.model } })
    const ofVersions = items.flatMap((item) => (item.kind === 'version' ? [item] : []))
    return ofVersions.find((item) => item.version === version && item.environment === 'production')
  })
}

/** Waits until a rollout is in one of these states. */
export function rolloutState(api: DemoApi, version: number, ...states: Rollout['state'][]): Promise<Rollout> {
  return until(`version ${version} to be ${states.join(' or ')}`, async () => {
    const rollout = await rolloutOf(api, version)
    if (rollout?.state === 'failed') throw new Error(`rollout of version ${version} failed: ${rollout.says}`)
    return rollout && states.includes(rollout.state) ? rollout : undefined
  })
}
