import type { AttemptOutcome, AttemptState, CacheVerdict } from '@evenkeel/contract'
import { closeRequest } from './asking.ts'
import { type Action, type AttemptKey, decide } from './decide.ts'
import { replaceStep } from './expansion.ts'
import { noPlaces } from './places.ts'
import { type AttemptNow, changeAttempt, changeStep, hasEnded, isLive, type Plan, type States } from './states.ts'

/** What must be done outside of the database, once the states are stored. */
export type Effect = Extract<Action, { readonly kind: 'submit' | 'kill' }>

export interface Settled {
  readonly states: States
  readonly effects: readonly Effect[]
  /** Steps that wait for an answer to whether an earlier result may take their place. */
  readonly lookUps: readonly string[]
  /** Runs that are to end, so that this one can begin. */
  readonly cancels: readonly string[]
  /** Steps whose small values a condition waits for. */
  readonly reads: readonly string[]
  readonly wakeAt: number | null
}

/** Decides and applies until there is nothing left to do at this moment. */
export function settle(plan: Plan, before: States, now: number, places = noPlaces): Settled {
  let states = before
  const effects: Effect[] = []
  // A round moves every step of a chain by one at least: a plan that takes more of them is a bug of `decide`.
  const maxRounds = 100 + 4 * plan.steps.length
  for (let round = 0; round < maxRounds; round++) {
    const { actions, ...open } = decide(plan, states, now, places)
    if (actions.length === 0) return { states, effects, ...open }
    for (const action of actions) {
      states = apply(states, action, now)
      if (action.kind === 'submit' || action.kind === 'kill') effects.push(action)
    }
  }
  throw new Error(`The engine did not come to rest after ${maxRounds} rounds; please report this with the plan.`)
}

export function apply(states: States, action: Action, now: number): States {
  switch (action.kind) {
    case 'run':
      return { ...states, run: { ...states.run, ...beginning(states, action, now), ...pick(action) } }
    case 'refuse':
      return requestCancel(states, action.says, now)
    case 'finish':
      return { ...states, run: { ...states.run, ...pick(action), endedAt: now } }
    case 'ready':
      return changeStep(states, action.step, (step) => ({ ...step, state: 'ready', reason: null, readyAt: now }))
    case 'reuse':
      return changeStep(states, action.step, (step) => ({
        ...step,
        state: 'cached',
        reason: action.reason,
        endedAt: now,
      }))
    case 'wait':
      return changeStep(states, action.step, (step) => ({
        ...step,
        state: 'waiting',
        reason: action.reason,
        wants: action.wants ?? [],
      }))
    case 'step_aside':
      return changeStep(states, action.step, (step) => ({ ...step, state: 'ready', reason: null, wants: [] }))
    case 'ask':
      return changeStep(states, action.step, (step) => ({
        ...step,
        state: 'waiting',
        reason: action.reason,
        startedAt: now,
        approval: { state: 'pending', expiresAt: action.expiresAt, says: null },
      }))
    case 'expand':
      return replaceStep(states, action)
    case 'end':
      return changeStep(states, action.step, (step) => ({
        ...step,
        ...pick(action),
        wants: [],
        endedAt: now,
        approval: closeRequest(step.approval, action),
      }))
    case 'submit':
      return changeStep(states, action.step, (step) => ({
        ...step,
        state: 'running',
        reason: null,
        startedAt: step.startedAt ?? now,
        wants: [],
        attempts: [...step.attempts, newAttempt(action)],
      }))
    case 'kill':
      return changeAttempt(states, action, (attempt) => ({
        ...attempt,
        stop: { stage: action.stage, why: action.why, at: now },
      }))
  }
}

const pick = <S, R>({ state, reason }: { readonly state: S; readonly reason: R }) => ({ state, reason })

/** A run that leaves the queue; `deadlineAt` says when its timeout ends. */
const beginning = ({ run }: States, { state, deadlineAt }: Extract<Action, { readonly kind: 'run' }>, now: number) =>
  state === 'queued'
    ? {}
    : { startedAt: run.startedAt ?? now, deadlineAt: deadlineAt === undefined ? run.deadlineAt : deadlineAt }

const newAttempt = ({ attempt, holds, gpus }: Extract<Action, { readonly kind: 'submit' }>): AttemptNow => ({
  attempt,
  state: 'submitting',
  outcome: null,
  reason: null,
  startedAt: null,
  endedAt: null,
  stop: null,
  holds,
  gpus,
  heartbeatAt: null,
})

export interface Ending {
  readonly outcome: AttemptOutcome
  readonly reason: string
}

/** The platform has the attempt, which waits there for its turn. */
export const recordSubmitted = (states: States, key: AttemptKey): States =>
  changeAttempt(states, key, (attempt) =>
    attempt.state === 'submitting' ? { ...attempt, state: 'submitted' } : attempt,
  )

/** The attempt runs, since `startedAt`. One that has ended meanwhile stays as it is. */
export const recordStart = (states: States, key: AttemptKey, startedAt: number): States =>
  changeAttempt(states, key, (attempt) =>
    isLive(attempt) ? { ...attempt, state: 'running', startedAt: attempt.startedAt ?? startedAt } : attempt,
  )

/** The attempt has ended. Hearing it again changes nothing. */
export const recordEnd = (states: States, key: AttemptKey, { outcome, reason }: Ending, now: number): States =>
  changeAttempt(states, key, (attempt) =>
    isLive(attempt) ? { ...attempt, state: stateOf(outcome), outcome, reason, endedAt: now } : attempt,
  )

function stateOf(outcome: AttemptOutcome): AttemptState {
  if (outcome === 'ok') return 'succeeded'
  if (outcome === 'lost' || outcome === 'cancelled') return outcome
  return 'failed'
}

/** Nothing has been heard of the attempt since then. */
export const recordSilence = (states: States, key: AttemptKey, heartbeatAt: number): States =>
  changeAttempt(states, key, (attempt) => (isLive(attempt) ? { ...attempt, heartbeatAt } : attempt))

/** Somebody has looked for an earlier result of a step. */
export const recordLookUp = (states: States, key: string, cache: CacheVerdict): States =>
  changeStep(states, key, (step) => ({ ...step, cache }))

/** A person wants the run to end. The first request counts. */
export const requestCancel = ({ run, steps }: States, says: string, now: number): States => ({
  run: { ...run, cancel: run.cancel ?? { at: now, says } },
  steps,
})

/** Opens a run that has ended: what succeeded stays, the rest starts anew with full budgets. */
export const reopen = ({ run, steps }: States): States => ({
  run: { ...run, state: 'queued', reason: null, endedAt: null, deadlineAt: null, cancel: null },
  steps: steps.map((step) =>
    hasEnded(step) && step.state !== 'succeeded' && step.state !== 'cached'
      ? {
          ...step,
          state: 'pending',
          reason: null,
          readyAt: null,
          startedAt: null,
          endedAt: null,
          countFrom: (step.attempts.at(-1)?.attempt ?? 0) + 1,
          cache: null,
          approval: null,
          left: null,
        }
      : step,
  ),
})
