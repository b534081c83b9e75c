import { type AttemptOutcome, plural } from '@evenkeel/contract'
import { type Ask, askPeople, decideAsked } from './asking.ts'
import { decideCondition, needsSuccess } from './condition.ts'
import { type End, end } from './ending.ts'
import { decideEntry } from './entry.ts'
import { decideExpansion, type Expand, expandPlan } from './expansion.ts'
import { type Halt, haltOfRun, haltsOf, matrixOf } from './halt.ts'
import { onceFor } from './once-for.ts'
import { type Claim, noPlaces, type Places } from './places.ts'
import { openRoom } from './room.ts'
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
  type StopWhy,
} from './states.ts'

/** What should happen to a run now. `apply` says what each does to the states. */
export type Action =
  | {
      readonly kind: 'run'
      readonly state: 'queued' | 'running' | 'waiting'
      readonly reason: string | null
      /** Of a run that begins. */
      readonly deadlineAt?: number | null
    }
  /** The run does not begin. */
  | { readonly kind: 'refuse'; readonly says: string }
  | { readonly kind: 'finish'; readonly state: 'succeeded' | 'failed' | 'cancelled'; readonly reason: string }
  | { readonly kind: 'ready'; readonly step: string }
  | { readonly kind: 'reuse'; readonly step: string; readonly reason: string }
  /** @param wants - the places it waits for; absent: for the time of its next attempt */
  | { readonly kind: 'wait'; readonly step: string; readonly reason: string; readonly wants?: readonly Claim[] }
  /** It leaves the line, because the run has no room for it. */
  | { readonly kind: 'step_aside'; readonly step: string }
  | End
  | Ask
  | Expand
  | ({ readonly kind: 'submit'; readonly holds: readonly Claim[]; readonly gpus: readonly number[] } & AttemptKey)
  | ({ readonly kind: 'kill'; readonly stage: 'term' | 'kill'; readonly why: StopWhy } & AttemptKey)

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
  /** Runs that are to end, so that this one can begin. */
  readonly cancels: readonly string[]
  /** When to decide again although nothing has happened; epoch milliseconds. */
  readonly wakeAt: number | null
}

interface Verdict {
  readonly action?: Action
  /** The attempt that should start, where there is room for it. */
  readonly next?: number
  readonly lookUp?: string
  readonly reads?: readonly string[]
  readonly wakeAt?: number
}

/** Most steps of a long run, most of the time. */
const unmoved: Verdict = {}

/** Attempts that end for a reason the code did not give are repeated this often, whatever `retries` says. */
const infrastructureBudget = 3
const infrastructure: ReadonlySet<AttemptOutcome> = new Set([
  'lost',
  'evicted',
  'submit_failed',
  'input_unavailable',
  'retry_requested',
] as const)

/**
 * Says what should be done now, from the whole state of a run: called whenever anything has happened, after every
 * restart, and as often as one likes. Pure: no clock, no chance, no input or output.
 *
 * @param now - epoch milliseconds
 * @param places - what other runs hold and wait for; asked only of plans that need places
 */
export function decide(written: Plan, states: States, now: number, places = noPlaces): Decision {
  if (hasEnded(states.run)) return nothing
  const plan = expandPlan(written, states)
  const entry = decideEntry(plan, states, places)
  if (entry) return { ...nothing, ...entry }
  const verdicts = decideSteps(plan, states, now, { written, places }).filter((verdict) => verdict !== unmoved)
  const run = decideRun(plan, states, now)
  const actions = [...verdicts.flatMap(({ action }) => action ?? []), ...(run ? [run] : [])]
  const { deadlineAt } = states.run
  const deadline = deadlineAt !== null && now < deadlineAt ? [deadlineAt] : []
  const wakes = [...verdicts.flatMap(({ wakeAt }) => wakeAt ?? []), ...deadline]
  const lookUps = verdicts.flatMap(({ lookUp }) => lookUp ?? [])
  const reads = [...new Set(verdicts.flatMap((verdict) => verdict.reads ?? []))]
  return { ...nothing, actions, lookUps, reads, wakeAt: wakes.length > 0 ? Math.min(...wakes) : null }
}

const nothing: Decision = { actions: [], lookUps: [], reads: [], cancels: [], wakeAt: null }

function decideSteps(
  plan: Plan,
  states: States,
  now: number,
  { written, places }: { readonly written: Plan; readonly places: Places },
): readonly Verdict[] {
  const stepAt = (at: number, { key }: PlannedStep): StepNow => {
    const step = states.steps[at]
    return step?.key === key ? step : byKey(states.steps).get(key)!
  }
  const haltOf = haltsOf(plan, states, now)
  const room = openRoom(plan, states, places)
  const verdicts = plan.steps.map((planned, at) => {
    const step = stepAt(at, planned)
    if (hasEnded(step)) return unmoved
    const halt = haltOf(planned, step)
    return decideLater(planned, step, { states, halt, written }) ?? decideStep(planned, step, { states, halt, now })
  })
  const failing = new Set(plan.steps.filter((planned, at) => failsFast(planned, verdicts[at]!)).map(matrixOf))
  return verdicts.map((verdict, at) => {
    if (verdict.next === undefined) return verdict
    const planned = plan.steps[at]!
    // What would be ended in the next round is not started in this one.
    if (planned.failFast && failing.has(matrixOf(planned))) return unmoved
    const action = room.admit(planned, stepAt(at, planned), verdict.next)
    return action ? { action } : unmoved
  })
}

const failsFast = ({ failFast }: PlannedStep, { action }: Verdict): boolean =>
  failFast && action?.kind === 'end' && action.state === 'failed'

/** A step that stands for a matrix, once it would run. */
function decideLater(
  planned: PlannedStep,
  step: StepNow,
  { states, halt, written }: { readonly states: States; readonly halt: Halt | null; readonly written: Plan },
): Verdict | undefined {
  if (halt || !planned.expand || step.state !== 'pending') return undefined
  const needs = needsOf(planned, states)
  if (!needs.every(hasEnded)) return undefined
  if (needsSuccess(planned) && !needs.every(({ state }) => state === 'succeeded' || state === 'cached'))
    return undefined
  return decideExpansion(planned, planned.expand, written, byKey(states.steps))
}

/** Asked only where steps look at others: most of a long run do not. */
const byKey = onceFor(
  (steps: readonly StepNow[]): ReadonlyMap<string, StepNow> => new Map(steps.map((step) => [step.key, step])),
)

const needsOf = ({ needs }: PlannedStep, { steps }: States): StepNow[] => needs.map((key) => byKey(steps).get(key)!)

interface Around {
  readonly states: States
  readonly halt: Halt | null
  readonly now: number
}

function decideStep(planned: PlannedStep, step: StepNow, { states, halt, now }: Around): Verdict {
  const waits = step.state === 'pending' || step.state === 'ready' || step.state === 'waiting'
  if (halt && waits) return end(step, 'cancelled', halt.says)
  switch (step.state) {
    case 'pending':
      return decidePending(planned, step, needsOf(planned, states), states.run)
    case 'ready':
      return planned.approval ? askPeople(planned.key, planned.approval, now) : decideReady(step)
    case 'waiting':
      return step.approval ? decideAsked(step, step.approval, now) : decideWaiting(planned, step, now)
    case 'running':
      return decideRunning(planned, step, halt, now)
    case 'succeeded':
    case 'cached':
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return unmoved
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

const submitNext = ({ attempts }: StepNow): Verdict => ({ next: (attempts.at(-1)?.attempt ?? 0) + 1 })

function decideWaiting({ retryDelay }: PlannedStep, step: StepNow, now: number): Verdict {
  if (step.wants.length > 0) return submitNext(step)
  const retryAt = (step.attempts.at(-1)?.endedAt ?? now) + retryDelayMs(retryDelay, countedAttempts(step).length)
  return retryAt <= now ? submitNext(step) : { wakeAt: retryAt }
}

/** The pause after so many attempts. */
export const retryDelayMs = ({ firstMs, factor, maxMs }: RetryDelay, attempts: number): number =>
  Math.min(maxMs, firstMs * factor ** (attempts - 1))

const countedAttempts = ({ attempts, countFrom }: StepNow) => attempts.filter(({ attempt }) => attempt >= countFrom)

function decideRunning(planned: PlannedStep, step: StepNow, halt: Halt | null, now: number): Verdict {
  const newest = step.attempts.at(-1)!
  if (isLive(newest)) return decideLive(planned, newest, halt, now)
  const reason = halt && halt.why !== 'cancelled' && newest.outcome !== 'ok' ? halt.says : (newest.reason ?? '')
  if (newest.outcome === 'ok') return end(step, 'succeeded', reason)
  if (newest.outcome === 'cancelled') return end(step, 'cancelled', reason)
  if (newest.outcome === 'config') return end(step, 'failed', newest.reason ?? '')
  if (halt) return end(step, 'cancelled', reason)
  return isWorthRetrying(planned, step, newest)
    ? { action: { kind: 'wait', step: step.key, reason: `${reason} It is tried again.` } }
    : end(step, 'failed', reason)
}

function isWorthRetrying({ retries, retryOn }: PlannedStep, step: StepNow, newest: AttemptNow): boolean {
  const isInfrastructure = ({ outcome }: AttemptNow) => outcome !== null && infrastructure.has(outcome)
  const kind = isInfrastructure(newest)
  if (!kind && !retryOn.some((cause) => cause === newest.outcome)) return false
  const used = countedAttempts(step).filter((attempt) => isInfrastructure(attempt) === kind).length
  return used <= (kind ? infrastructureBudget : retries)
}

function decideLive(planned: PlannedStep, live: AttemptNow, halt: Halt | null, now: number): Verdict {
  const key = { step: planned.key, attempt: live.attempt }
  if (live.stop) {
    if (live.stop.stage === 'kill') return {}
    const killAt = live.stop.at + planned.graceMs
    if (now < killAt) return { wakeAt: killAt }
    return { action: { kind: 'kill', ...key, stage: 'kill', why: live.stop.why } }
  }
  if (halt) return { action: { kind: 'kill', ...key, stage: 'term', why: halt.why } }
  if (live.startedAt === null) return {}
  const isSilent = planned.heartbeatMs !== null && now - (live.heartbeatAt ?? now) >= planned.heartbeatMs
  if (isSilent) return { action: { kind: 'kill', ...key, stage: 'term', why: 'stalled' } }
  const deadline = live.startedAt + planned.timeoutMs
  if (now < deadline) return { wakeAt: deadline }
  return { action: { kind: 'kill', ...key, stage: 'term', why: 'timeout' } }
}

function decideRun(plan: Plan, { run, steps }: States, now: number): Action | undefined {
  if (steps.every(hasEnded)) return finish(plan, haltOfRun(plan, run, now), steps)
  const isBusy = steps.some(({ state }) => state === 'running' || state === 'ready')
  const waiting = isBusy ? undefined : firstWaiting(plan, steps)
  const state = waiting ? 'waiting' : 'running'
  const reason = waiting?.reason ?? null
  if (run.state === state && run.reason === reason) return undefined
  if (run.state !== 'queued') return { kind: 'run', state, reason }
  return { kind: 'run', state, reason, deadlineAt: plan.timeoutMs === null ? null : now + plan.timeoutMs }
}

/** In the order of the plan, so that everybody says the same. */
function firstWaiting(plan: Plan, steps: readonly StepNow[]): StepNow | undefined {
  const waiting = new Map(steps.filter(({ state }) => state === 'waiting').map((step) => [step.key, step]))
  const first = plan.steps.find(({ key }) => waiting.has(key))
  return first && waiting.get(first.key)
}

function finish(plan: Plan, halt: Halt | null, steps: readonly StepNow[]): Action {
  const isCut = steps.some(({ state }) => state === 'cancelled')
  if (isCut && halt?.why === 'run_timeout') return { kind: 'finish', state: 'failed', reason: halt.says }
  const forgiven = new Set(plan.steps.filter(({ allowFailure }) => allowFailure).map(({ key }) => key))
  const failures = steps.filter(({ state }) => state === 'failed')
  const failed = failures.find(({ key }) => !forgiven.has(key))
  if (failed) {
    return { kind: 'finish', state: 'failed', reason: `The step "${failed.key}" failed: ${failed.reason}` }
  }
  // What a failure that is allowed has ended may be missing too.
  const cancelled = steps.find(({ key, state }) => state === 'cancelled' && (halt || !forgiven.has(key)))
  if (cancelled) return { kind: 'finish', state: 'cancelled', reason: halt?.says ?? cancelled.reason! }
  return { kind: 'finish', state: 'succeeded', reason: successOf(steps, failures.length) }
}

function successOf(steps: readonly StepNow[], failureCount: number): string {
  const reused = steps.filter(({ state }) => state === 'cached').length
  const skipped = steps.filter(({ state }) => state === 'skipped').length
  const cancelled = steps.filter(({ state }) => state === 'cancelled').length
  const notes = [
    ...(reused > 0 ? [`${steps.length === 1 ? '' : `${reused} of them `}by an earlier result`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(failureCount > 0 ? [`${failureCount} failed, which is allowed`] : []),
  ]
  const succeeded = steps.length - skipped - cancelled - failureCount
  const all = steps.length === 1 ? 'The step' : `All ${plural(steps.length, 'step')}`
  const which = succeeded === steps.length ? all : `${succeeded} of ${plural(steps.length, 'step')}`
  return `${which} succeeded${notes.length > 0 ? `, ${notes.join(', ')}` : ''}.`
}
