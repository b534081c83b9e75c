import type { CanaryCheck, RolloutPlan, Verdict } from '@evenkeel/contract'
import { type Evidence, evidence, isDecided, logEvidence, startAbsoluteTest, updateAbsolute } from '@evenkeel/numerics'
import { about, count, percent } from '../words.ts'
import type { ArmTotals, BadRequestTests, CanarySample } from './judging.ts'

interface RateQuestion {
  readonly name: 'errors' | 'latency'
  readonly bad: 'errors' | 'slow'
  /** What a bad request did, e.g. `failed`. */
  readonly did: string
}

/**
 * Whether more of the canary's requests are bad than of the baseline's.
 *
 * *Worse* by the rate test at `worseAlpha`. *Not worse* by the rate test or by the ceiling, each at half of β. *Worse*
 * outweighs a pass, because an early pass must not cover for what a later step shows.
 */
export function rateCheck(
  { name, bad, did }: RateQuestion,
  tests: BadRequestTests,
  { arms: { canary, baseline } }: CanarySample,
  { beta, ceilingShare }: RolloutPlan,
  worseAlpha: number,
): CanaryCheck {
  const verdict = verdictOf(tests, worseAlpha, beta)
  return {
    name,
    decides: true,
    verdict,
    canary: shareOf(canary, bad),
    baseline: shareOf(baseline, bad),
    difference: difference(canary, baseline, bad),
    interval: null,
    // JSON has no infinity.
    evidence: Math.min(evidence(tests.worse), Number.MAX_VALUE),
    needed: 1 / worseAlpha,
    unitCount: canary.requests,
    says: words(),
  }

  function words(): string {
    if (verdict === 'not_enough_data') {
      const needed = requestsNeeded(tests, canary.requests, beta, ceilingShare)
      return `${name}: not enough data yet: ${count(canary.requests)} of ${needed} requests`
    }
    const comparison = `${shareOf(canary, bad)} ${did}, ${shareOf(baseline, bad)} on the baseline`
    return `${name} ${verdict === 'worse' ? 'worse' : 'not worse'}: ${comparison}`
  }
}

function verdictOf({ worse, notWorse, withinCeiling }: BadRequestTests, alpha: number, beta: number): Verdict {
  if (isDecided(worse, alpha)) return 'worse'
  return isDecided(notWorse, beta / 2) || isDecided(withinCeiling, beta / 2) ? 'not_worse' : 'not_enough_data'
}

const shareOf = (arm: ArmTotals, bad: 'errors' | 'slow') =>
  arm.requests === 0 ? 'no requests' : `${percent(arm[bad] / arm.requests)} of ${count(arm.requests)} requests`

function difference(canary: ArmTotals, baseline: ArmTotals, bad: 'errors' | 'slow'): number | null {
  if (canary.requests === 0 || baseline.requests === 0) return null
  return canary[bad] / canary.requests - baseline[bad] / baseline.requests
}

/** In words, how many requests a pass takes if the rates stay as they are; before the first, if none is bad. */
function requestsNeeded(tests: BadRequestTests, requests: number, beta: number, ceilingShare: number): string {
  const clean = updateAbsolute(startAbsoluteTest(), { bad: 0, good: 1 }, ceilingShare)
  const hopes = requests > 0 ? [tests.notWorse, tests.withinCeiling] : [clean]
  for (let factor = 1; factor < 1e6; factor *= 1.05) {
    if (hopes.some((test) => logEvidenceAfter(test, factor) >= Math.log(2 / beta))) {
      return about(factor * Math.max(1, requests))
    }
  }
  return 'too many'
}

/** ln E when `factor` times as much of the same has been seen. */
const logEvidenceAfter = (test: Evidence, factor: number) =>
  logEvidence({ ...test, logScores: test.logScores.map((score) => score * factor) })
