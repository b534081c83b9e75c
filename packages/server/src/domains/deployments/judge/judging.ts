import type { RolloutPlan } from '@evenkeel/contract'
import {
  type Evidence,
  type Moments,
  type SplitState,
  startAbsoluteTest,
  startRateTest,
  startSplitTest,
  updateAbsolute,
  updateNotWorse,
  updateSplit,
  updateWorse,
} from '@evenkeel/numerics'

/** Requests that an arm has answered since the rollout began. */
export interface ArmTotals {
  readonly requests: number
  readonly errors: number
  readonly slow: number
}

/** What the recorded predictions of a rollout say. `app.ts` has monitoring answer it. */
export interface CanaryEvidence {
  /** Recorded predictions by arm. */
  readonly units: { readonly primary: number; readonly canary: number; readonly baseline: number }
  /** Sums of log loss (nats) of the candidate less that of the champion, on predictions with a label and both scores. */
  readonly paired: Moments
  /** Predictions by score, over the same bins of [0, 1] for both arms. */
  readonly scores: { readonly canary: readonly number[]; readonly baseline: readonly number[] }
  /** ISO 8601; null without predictions. */
  readonly eventTimeMin: string | null
  readonly eventTimeMax: string | null
}

export interface CanarySample {
  readonly arms: { readonly canary: ArmTotals; readonly baseline: ArmTotals }
  readonly evidence: CanaryEvidence
  /** Whether predictions are recorded at all; otherwise nothing can be said about quality. */
  readonly recorded: boolean
}

/** The tests behind one question about bad requests (failed, or slow). */
export interface BadRequestTests {
  /** Against "the canary's rate is at most the baseline's". */
  readonly worse: Evidence
  /** Against "the canary's rate is above the baseline's by more than the margin". */
  readonly notWorse: Evidence
  /** Against "the canary's share is above the acceptable ceiling". */
  readonly withinCeiling: Evidence
}

/** Totals at one moment. */
interface Mark {
  readonly canary: ArmTotals
  readonly baseline: ArmTotals
  readonly units: { readonly canary: number; readonly baseline: number }
  readonly eventTime: string | null
}

/**
 * Where the sequential tests of a rollout stand: plain data that lies in its row, so that any process can go on. The
 * tests run through all steps and are never started again; only `stepBegan` moves.
 */
export interface Judging {
  readonly errors: BadRequestTests
  readonly slow: BadRequestTests
  readonly split: SplitState
  /** Totals at the last look; the next look adds what came since. */
  readonly seen: Mark
  readonly stepBegan: Mark
  readonly looks: number
}

/** Relative worsening of an error or slow-request rate that still counts as not worse. */
const rateMargin = 0.5
/** Canary and baseline always get the same weight. */
const canaryShare = 0.5

const nothing: ArmTotals = { requests: 0, errors: 0, slow: 0 }
const start: Mark = { canary: nothing, baseline: nothing, units: { canary: 0, baseline: 0 }, eventTime: null }

const startTests = (): BadRequestTests => ({
  worse: startRateTest(),
  notWorse: startRateTest(),
  withinCeiling: startAbsoluteTest(),
})

/** Before the first request of a rollout. */
export function startJudging(): Judging {
  return { errors: startTests(), slow: startTests(), split: startSplitTest(), seen: start, stepBegan: start, looks: 0 }
}

/** The next step begins where the last look ended. */
export const beginStep = (judging: Judging): Judging => ({ ...judging, stepBegan: judging.seen })

/** Takes in what came since the last look. */
export function look(judging: Judging, { arms, evidence }: CanarySample, plan: RolloutPlan): Judging {
  const { seen, stepBegan } = judging
  const canary = since(seen.canary, arms.canary)
  const baseline = since(seen.baseline, arms.baseline)
  const canaryRequests = Math.max(0, evidence.units.canary - seen.units.canary)
  const baselineRequests = Math.max(0, evidence.units.baseline - seen.units.baseline)
  const update = (tests: BadRequestTests, bad: 'errors' | 'slow') =>
    updateTests(tests, { requests: canary.requests, canaryBad: canary[bad], baselineBad: baseline[bad] }, plan)
  return {
    errors: update(judging.errors, 'errors'),
    slow: update(judging.slow, 'slow'),
    split: updateSplit(judging.split, { canaryRequests, baselineRequests, canaryShare }),
    seen: {
      canary: furthest(seen.canary, arms.canary),
      baseline: furthest(seen.baseline, arms.baseline),
      units: {
        canary: Math.max(seen.units.canary, evidence.units.canary),
        baseline: Math.max(seen.units.baseline, evidence.units.baseline),
      },
      eventTime: evidence.eventTimeMax ?? seen.eventTime,
    },
    stepBegan: { ...stepBegan, eventTime: stepBegan.eventTime ?? evidence.eventTimeMin },
    looks: judging.looks + 1,
  }
}

/** A sample that was taken before the last look and judged after it must not make the next one count twice. */
const furthest = (before: ArmTotals, now: ArmTotals): ArmTotals => ({
  requests: Math.max(before.requests, now.requests),
  errors: Math.max(before.errors, now.errors),
  slow: Math.max(before.slow, now.slow),
})

function since(before: ArmTotals, now: ArmTotals): ArmTotals {
  return {
    requests: Math.max(0, now.requests - before.requests),
    errors: Math.max(0, now.errors - before.errors),
    slow: Math.max(0, now.slow - before.slow),
  }
}

function updateTests(
  { worse, notWorse, withinCeiling }: BadRequestTests,
  added: { readonly requests: number; readonly canaryBad: number; readonly baselineBad: number },
  { ceilingShare }: RolloutPlan,
): BadRequestTests {
  const events = { canaryEvents: added.canaryBad, baselineEvents: added.baselineBad, canaryShare }
  const canary = { bad: added.canaryBad, good: Math.max(0, added.requests - added.canaryBad) }
  return {
    worse: updateWorse(worse, events),
    notWorse: updateNotWorse(notWorse, events, rateMargin),
    withinCeiling: updateAbsolute(withinCeiling, canary, ceilingShare),
  }
}
