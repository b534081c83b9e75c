import type { CanaryCheck, RolloutPlan } from '@evenkeel/contract'
import { count, percent } from '../words.ts'
import { type CanarySample, type Judging, look } from './judging.ts'
import { qualityCheck } from './quality-check.ts'
import { rateCheck } from './rate-check.ts'
import { scoreCheck, splitCheck } from './score-check.ts'

/** What to do with the canary now, in one sentence. `promote` ends this step, not the rollout. */
export interface CanaryVerdict {
  readonly does: 'promote' | 'roll_back' | 'wait' | 'pause'
  readonly says: string
}

export interface Judgement {
  readonly judging: Judging
  readonly checks: readonly CanaryCheck[]
  readonly verdict: CanaryVerdict
}

/** Checks that can call the canary worse: errors, latency and quality share α among them. */
const worseChecks = 3
/** Below this, a share of errors says nothing. */
const hardGuardRequests = 20
const dayMs = 86_400_000

/**
 * Looks at a canary once more. It may be asked at any time and as often as one likes: over the whole rollout a canary
 * that is not worse is rolled back with probability α at most.
 *
 * The order is that of the damage: errors beyond the hard guard; a broken split, which makes all else worthless; worse;
 * all checks passed; out of time.
 *
 * @param judging - as left by the last look; not changed
 */
export function judge(judging: Judging, sample: CanarySample, plan: RolloutPlan): Judgement {
  const now = look(judging, sample, plan)
  const worseAlpha = plan.alpha / worseChecks
  const slow = { name: 'latency', bad: 'slow', did: `took longer than ${plan.slowMs} ms` } as const
  const checks = [
    rateCheck({ name: 'errors', bad: 'errors', did: 'failed' }, now.errors, sample, plan, worseAlpha),
    rateCheck(slow, now.slow, sample, plan, worseAlpha),
    qualityCheck(sample, plan, worseAlpha),
    scoreCheck(now, sample, plan),
    splitCheck(now, sample, plan),
  ]
  return { judging: now, checks, verdict: verdictOf(now, checks, plan) }
}

function verdictOf(judging: Judging, checks: readonly CanaryCheck[], plan: RolloutPlan): CanaryVerdict {
  const failing = hardGuard(judging, plan)
  if (failing) return { does: 'roll_back', says: failing }
  const split = checks.find(({ name, verdict }) => name === 'split' && verdict === 'worse')
  if (split) return { does: 'pause', says: split.says }

  const deciding = checks.filter(({ decides, name }) => decides && name !== 'split')
  const worse = deciding.find(({ verdict }) => verdict === 'worse')
  if (worse) return { does: 'roll_back', says: worse.says }

  const waiting = waitsFor(judging, deciding, plan)
  if (waiting === undefined) return { does: 'promote', says: deciding.map(({ says }) => says).join('; ') }
  if (stepDays(judging) < plan.stepLimitDays) return { does: 'wait', says: waiting }
  return { does: 'pause', says: `undecided after ${plan.stepLimitDays} days of event time: ${waiting}` }
}

function hardGuard({ seen, stepBegan }: Judging, { hardErrorShare }: RolloutPlan): string | undefined {
  const requests = seen.canary.requests - stepBegan.canary.requests
  const share = (seen.canary.errors - stepBegan.canary.errors) / requests
  if (requests < hardGuardRequests || share <= hardErrorShare) return undefined
  return `${percent(share)} of the canary's ${count(requests)} requests failed, more than the limit of ${percent(hardErrorShare)}`
}

function waitsFor(judging: Judging, deciding: readonly CanaryCheck[], plan: RolloutPlan): string | undefined {
  const undecided = deciding.filter(({ verdict }) => verdict === 'not_enough_data')
  if (undecided.length > 0) return undecided.map(({ says }) => says).join('; ')
  const units = unitsOfStep(judging)
  if (units >= plan.minUnitsPerStep) return undefined
  return `all checks pass; ${count(units)} of at least ${count(plan.minUnitsPerStep)} predictions in this step`
}

/** One request may hold many predictions, and predictions may not be recorded: the larger number counts. */
function unitsOfStep({ seen, stepBegan }: Judging): number {
  return Math.max(seen.units.canary - stepBegan.units.canary, seen.canary.requests - stepBegan.canary.requests)
}

function stepDays({ seen, stepBegan }: Judging): number {
  if (seen.eventTime === null || stepBegan.eventTime === null) return 0
  return (Date.parse(seen.eventTime) - Date.parse(stepBegan.eventTime)) / dayMs
}
