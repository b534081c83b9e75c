import { noMoments } from '@evenkeel/numerics'
import type { ArmTotals, CanaryEvidence, CanarySample } from './judging.ts'

export const noEvidence: CanaryEvidence = {
  units: { primary: 0, canary: 0, baseline: 0 },
  paired: noMoments,
  scores: { canary: [0, 0], baseline: [0, 0] },
  eventTimeMin: null,
  eventTimeMax: null,
}

/** Running sums of `count` values of a mean and a spread (population standard deviation). */
export const momentsWith = (count: number, mean: number, spread: number) => ({
  count,
  sum: count * mean,
  sumSquares: count * (mean ** 2 + spread ** 2),
})

/** `[requests, errors, slow]` per arm. */
export function sampleOf(
  canary: readonly [number, number?, number?],
  baseline: readonly [number, number?, number?],
  evidence: Partial<CanaryEvidence> = {},
): CanarySample {
  const units = { primary: 0, canary: canary[0], baseline: baseline[0] }
  return {
    arms: { canary: totals(canary), baseline: totals(baseline) },
    evidence: { ...noEvidence, units, ...evidence },
    recorded: true,
  }
}

const totals = ([requests, errors = 0, slow = 0]: readonly [number, number?, number?]): ArmTotals => ({
  requests,
  errors,
  slow,
})
