import type { AttemptOutcome } from '@evenkeel/contract'
import { type Ask, askPeople, decideAsked } from './asking.ts'
import { decideCondition, needsSuccess, staysAfterCancel } from './condition.ts'
import { type End, end } from './ending.ts'
import { decideExpansion, type Expand, expandPlan } from './expansion.ts'
import {
  type AttemptNow,
  hasEnded,
  isLive,
  type Plan,
  type PlannedStep,
  type RetryDelay,
  type RunNow,
  type States,
  type StepNow,
} from './states.ts'

/** What should happen to a run now. `apply` says what each does to the states. */
export type Action =
  | { readonly kind: 'run'; readonly state: 'running' | 'waiting'; readonly reason: string | null }
  | { readonly kind: 'finish'; readonly state: 'succeeded' | 'failed' | 'cancelled'; readonly reason: string }
  | { readonly kind: 'ready'; readonly step: string }
  | { readonly kind: 'reuse'; readonly step: string; readonly reason: string }
  | { readonly kind: 'wait'; readonly step: string; readonly reason: string }
  | End
  | Ask
  | Expand
  | ({ readonly kind: 'submit' } & AttemptKey)
  | ({ readonly kind: 'kill'; readonly stage: 'term' | 'kill'; readonly why: 'timeout' | 'cancelled' } & AttemptKey)

export interface AttemptKey {
  readonly step: string
  readonly attempt: number
}

export interface Decision {
  readonly actions: readonly Action[]
  /** Steps that wait for an answer to whether an earlier result may take their place. */
  readonly lookUps: readonly string[]
  /** Steps whose small values a condition waits for. */
  readonly reads: readonly string[]
  /** When to decide again although nothing has happened; epoch milliseconds. */
  readonly wakeAt: number | null
}

interface Verdict {
  readonly action?: Action
  readonly lookUp?: string
  readonly reads?: readonly string[]
  readonly wakeAt?: number
}

/** Attempts that end for a reason the code did not give are repeated this often, whatever `retries` says. */
const infrastructureBudget = 3
const infrastructure: ReadonlySet<AttemptOutcome> = new Set([
  'lost',
  'submit_failed',
  'input_unavailable',
  'retry_requested',
] as const)

/**
 * Says what should be done now, from the whole state of a run: called whenever anything has happened, after every
 * restart, and as often as one likes. Pure: no clock, no chance, no input or output.
 *
 * @param now - epoch milliseconds
 */
export function decide(written: Plan, states: States, now: number): Decision {
  const plan = expandPlan(written, states)
  if (hasEnded(states.run)) return { actions: [], lookUps: [], reads: [], wakeAt: null }
  const verdicts = decideSteps(plan, states, now, written)
  const run = decideRun(plan, states)
  const actions = [...verdicts.flatMap(({ action }) => action ?? []), ...(run ? [run] : [])]
  const wakes = verdicts.flatMap(({ wakeAt }) => wakeAt ?? [])
  const lookUps = verdicts.flatMap(({ lookUp }) => lookUp ?? [])
  const reads = [...new Set(verdicts.flatMap((verdict) => verdict.reads ?? []))]
  return { actions, lookUps, reads, wakeAt: wakes.length > 0 ? Math.min(...wakes) : null }
}

function decideSteps(plan: Plan, states: States, now: number, written: Plan): readonly Verdict[] {
  const steps = new Map(states.steps.map((step) => [step.key, step]))
  let freeSlots = plan.maxLiveAttempts - states.steps.flatMap(({ attempts }) => attempts.filter(isLive)).length
  return plan.steps.map((planned) => {
    const verdict = decideLater(planned, steps, states, written) ?? decideStep(planned, steps, states, now)
    if (verdict.action?.kind !== 'submit') return verdict
    // Whoever ends next frees a slot, and that is news enough to decide again.
    return freeSlots-- > 0 ? verdict : {}
  })
}

/** A step that stands for a matrix, once it would run. */
function decideLater(
  planned: PlannedStep,
  steps: ReadonlyMap<string, StepNow>,
  { run }: States,
  written: Plan,
): Verdict | undefined {
  const step = steps.get(planned.key)!
  const needs = planned.needs.map((key) => steps.get(key)!)
  if (!planned.expand || step.state !== 'pending' || !needs.every(hasEnded)) return undefined
  if (run.cancel && !staysAfterCancel(planned)) return undefined
  if (needsSuccess(planned) && !needs.every(({ state }) => state === 'succeeded' || state === 'cached'))
    return undefined
  return decideExpansion(planned, planned.expand, written, steps)
}

function decideStep(planned: PlannedStep, steps: ReadonlyMap<string, StepNow>, { run }: States, now: number): Verdict {
  const step = steps.get(planned.key)!
  const waits = step.state === 'pending' || step.state === 'ready' || step.state === 'waiting'
  if (run.cancel && waits && (!staysAfterCancel(planned) || planned.approval))
    return end(step, 'cancelled', run.cancel.says)
  switch (step.state) {
    case 'pending':
      return decidePending(
        planned,
        step,
        planned.needs.map((key) => steps.get(key)!),
        run,
      )
    case 'ready':
      return planned.approval ? askPeople(planned.key, planned.approval, now) : decideReady(step)
    case 'waiting':
      return step.approval ? decideAsked(step, step.approval, now) : decideWaiting(planned, step, now)
    case 'running':
      return decideRunning(planned, step, run, now)
    case 'succeeded':
    case 'cached':
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return {}
  }
}

function decidePending(planned: PlannedStep, step: StepNow, needs: readonly StepNow[], run: RunNow): Verdict {
  const { when } = planned
  const broken = needs.find(({ state }) => state === 'failed' || state === 'skipped' || state === 'cancelled')
  if (broken && needsSuccess(planned)) {
    const happened = broken.state === 'failed' ? 'failed' : `was ${broken.state}`
    return end(step, 'skipped', `It needs the step "${broken.key}", which ${happened}.`)
  }
  if (!needs.every(hasEnded)) return {}
  if (typeof when === 'object') return decideCondition(when, planned, needs, run)
  if (when === 'failure' && !needs.some(({ state }) => state === 'failed'))
    return end(step, 'skipped', 'It runs when a step that it needs has failed, and none has.')
  return { action: { kind: 'ready', step: step.key } }
}

function decideReady(step: StepNow): Verdict {
  if (step.cache === null) return { lookUp: step.key }
  if (step.cache.code !== 'reused') return submitNext(step)
  return { action: { kind: 'reuse', step: step.key, reason: step.cache.says } }
}

const submitNext = ({ key, attempts }: StepNow): Verdict => ({
  action: { kind: 'submit', step: key, attempt: (attempts.at(-1)?.attempt ?? 0) + 1 },
})

function decideWaiting({ retryDelay }: PlannedStep, step: StepNow, now: number): Verdict {
  const retryAt = (step.attempts.at(-1)?.endedAt ?? now) + retryDelayMs(retryDelay, countedAttempts(step).length)
  return retryAt <= now ? submitNext(step) : { wakeAt: retryAt }
}

/** The pause after so many attempts. */
export const retryDelayMs = ({ firstMs, factor, maxMs }: RetryDelay, attempts: number): number =>
  Math.min(maxMs, firstMs * factor ** (attempts - 1))

const countedAttempts = ({ attempts, countFrom }: StepNow) => attempts.filter(({ attempt }) => attempt >= countFrom)

function decideRunning(planned: PlannedStep, step: StepNow, run: RunNow, now: number): Verdict {
  const newest = step.attempts.at(-1)!
  const isCancelled = run.cancel !== null && !outlives(planned, newest, run.cancel.at)
  if (isLive(newest)) return decideLive(planned, newest, isCancelled, now)
  const reason = newest.reason ?? ''
  if (newest.outcome === 'ok') return end(step, 'succeeded', reason)
  if (newest.outcome === 'cancelled') return end(step, 'cancelled', reason)
  if (newest.outcome === 'config') return end(step, 'failed', reason)
  if (isCancelled) return end(step, 'cancelled', reason)
  return isWorthRetrying(planned, step, newest)
    ? { action: { kind: 'wait', step: step.key, reason: `${reason} It is tried again.` } }
    : end(step, 'failed', reason)
}

/** What tidies up after a cancelled run is not cancelled with it, unless it ran before. */
const outlives = (planned: PlannedStep, { startedAt }: AttemptNow, cancelledAt: number): boolean =>
  staysAfterCancel(planned) && (startedAt === null || startedAt >= cancelledAt)

function isWorthRetrying({ retries, retryOn }: PlannedStep, step: StepNow, newest: AttemptNow): boolean {
  const isInfrastructure = ({ outcome }: AttemptNow) => outcome !== null && infrastructure.has(outcome)
  const kind = isInfrastructure(newest)
  if (!kind && !retryOn.some((cause) => cause === newest.outcome)) return false
  const used = countedAttempts(step).filter((attempt) => isInfrastructure(attempt) === kind).length
  return used <= (kind ? infrastructureBudget : retries)
}

function decideLive(planned: PlannedStep, live: AttemptNow, isCancelled: boolean, now: number): Verdict {
  const key = { step: planned.key, attempt: live.attempt }
  if (live.stop) {
    if (live.stop.stage === 'kill') return {}
    const killAt = live.stop.at + planned.graceMs
    if (now < killAt) return { wakeAt: killAt }
    return { action: { kind: 'kill', ...key, stage: 'kill', why: live.stop.why } }
  }
  if (isCancelled) return { action: { kind: 'kill', ...key, stage: 'term', why: 'cancelled' } }
  if (live.startedAt === null) return {}
  const deadline = live.startedAt + planned.timeoutMs
  if (now < deadline) return { wakeAt: deadline }
  return { action: { kind: 'kill', ...key, stage: 'term', why: 'timeout' } }
}

function decideRun(plan: Plan, { run, steps }: States): Action | undefined {
  if (steps.every(hasEnded)) return finish(plan, run.cancel?.says, steps)
  const isBusy = steps.some(({ state }) => state === 'running' || state === 'ready')
  const waiting = isBusy ? undefined : steps.find(({ state }) => state === 'waiting')
  const state = waiting ? 'waiting' : 'running'
  return run.state === state ? undefined : { kind: 'run', state, reason: waiting?.reason ?? null }
}

function finish(plan: Plan, cancelSays: string | undefined, steps: readonly StepNow[]): Action {
  const forgiven = new Set(plan.steps.filter(({ allowFailure }) => allowFailure).map(({ key }) => key))
  const failures = steps.filter(({ state }) => state === 'failed')
  const failed = failures.find(({ key }) => !forgiven.has(key))
  if (failed) {
    return { kind: 'finish', state: 'failed', reason: `The step "${failed.key}" failed: ${failed.reason}` }
  }
  const cancelled = steps.find(({ state }) => state === 'cancelled')
  if (cancelled) return { kind: 'finish', state: 'cancelled', reason: cancelSays ?? cancelled.reason! }
  return { kind: 'finish', state: 'succeeded', reason: successOf(steps, failures.length) }
}

function successOf(steps: readonly StepNow[], failureCount: number): string {
  const reused = steps.filter(({ state }) => state === 'cached').length
  const skipped = steps.filter(({ state }) => state === 'skipped').length
  const notes = [
    ...(reused > 0 ? [`${reused} of them by an earlier result`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failureCount > 0 ? [`${failureCount} failed, which is allowed`] : []),
  ]
  const succeeded = steps.length - skipped - failureCount
  const all = succeeded === steps.length ? 'All' : `${succeeded} of`
  return `${all} ${steps.length} steps succeeded${notes.length > 0 ? `, ${notes.join(', ')}` : ''}.`
}
