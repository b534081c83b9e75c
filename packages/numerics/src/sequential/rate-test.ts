import { checkCount, checkOpenShare } from '../stats/check.ts'
import { addScores, type Evidence, startEvidence } from './evidence.ts'

/** Rate ratios that the test weighs against its null hypothesis, equally. */
const ratios = [1.1, 1.25, 1.5, 2, 3, 5, 10] as const

/** Bad events (errors, slow requests, fallbacks) on both arms while the traffic was split in one way. */
export interface EventBatch {
  readonly canaryEvents: number
  readonly baselineEvents: number
  /** The canary's share of both arms' traffic, between 0 and 1; it may differ from batch to batch. */
  readonly canaryShare: number
}

/**
 * A rate test before its first event. Keep one state per question (`worse`, `not worse`) for the whole rollout.
 *
 * Events must be independent: count units, not retries.
 */
export function startRateTest(): Evidence {
  return startEvidence(ratios.length)
}

/**
 * Evidence that the canary's rate of bad events is *above* the baseline's.
 *
 * @param state - as left by the last batch; not changed
 * @param batch - whole counts >= 0, and the split under which they happened
 * @returns the next state
 * @throws RangeError when a count is not whole or the share is outside (0, 1)
 * @see Lindon and Malek, Anytime-valid inference for multinomial count data (2022)
 */
export function updateWorse(state: Evidence, batch: EventBatch): Evidence {
  return addScores(state, ratioScores(batch, 1, ratios))
}

/**
 * Evidence that the canary's rate is *below* (1 + margin) times the baseline's.
 *
 * @param state - as left by the last batch; not changed
 * @param batch - whole counts >= 0, and the split under which they happened
 * @param margin - tolerated relative worsening, >= 0; 0.5 tolerates one half more
 * @returns the next state
 * @throws RangeError when a count is not whole, the share is outside (0, 1) or the margin is negative
 */
export function updateNotWorse(state: Evidence, batch: EventBatch, margin: number): Evidence {
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(`rateTest: the margin is ${margin}; give the tolerated relative worsening, 0 or more`)
  }
  const limit = 1 + margin
  return addScores(
    state,
    ratioScores(
      batch,
      limit,
      ratios.map((ratio) => limit / ratio),
    ),
  )
}

/** The configured split is the null hypothesis; more and less traffic than configured are two states. */
export interface SplitState {
  readonly more: Evidence
  readonly less: Evidence
}

/** Requests that reached each arm while `canaryShare` was configured. */
export interface RequestBatch {
  readonly canaryRequests: number
  readonly baselineRequests: number
  readonly canaryShare: number
}

/**
 * A test that requests are split as configured. When it fires, routing or logging is wrong: pause, do not conclude.
 *
 * It finds a canary with about 1.05 times its odds or more, or 1 / 1.05 or less; finer skews stay below its grid.
 */
export function startSplitTest(): SplitState {
  return { more: startRateTest(), less: startRateTest() }
}

/**
 * Evidence that the canary gets more, or less, than its configured share of requests.
 *
 * @returns the next state
 * @throws RangeError when a count is not whole or the share is outside (0, 1)
 */
export function updateSplit({ more, less }: SplitState, batch: RequestBatch): SplitState {
  const events = {
    canaryEvents: batch.canaryRequests,
    baselineEvents: batch.baselineRequests,
    canaryShare: batch.canaryShare,
  }
  const inverse = ratios.map((ratio) => 1 / ratio)
  return { more: updateWorse(more, events), less: addScores(less, ratioScores(events, 1, inverse)) }
}

/** p-value in (0, 1] of the configured split, valid at every look; the test fires when it is at most α. */
export function splitP({ more, less }: SplitState): number {
  // Each side spends half of the error rate.
  return Math.min(1, 2 * Math.exp(-Math.max(more.peakLogEvidence, less.peakLogEvidence)))
}

/**
 * Log likelihood ratios of a batch. With rate ratio r and share s an event is the canary's with probability
 * s·r / (s·r + 1 − s), so each event adds the ratio of the denominators and a canary event the ratio of the r too.
 */
function ratioScores(batch: EventBatch, nullRatio: number, alternatives: readonly number[]): number[] {
  const { canaryEvents, baselineEvents, canaryShare: s } = batch
  checkCount('rateTest', 'the canary count', canaryEvents)
  checkCount('rateTest', 'the baseline count', baselineEvents)
  checkOpenShare('rateTest', "canary's share of the traffic", s)
  return alternatives.map(
    (ratio) =>
      canaryEvents * Math.log(ratio / nullRatio) +
      (canaryEvents + baselineEvents) * Math.log((s * nullRatio + 1 - s) / (s * ratio + 1 - s)),
  )
}
