import { checkCount, checkOpenShare } from '../stats/check.ts'
import { addScores, type Evidence, startEvidence } from './evidence.ts'

/** Shares of the ceiling that the test weighs against the ceiling itself, equally. */
const fractions = [0.9, 0.75, 0.5, 0.25, 0.1, 0.01] as const

/** An absolute test before its first request. It can pass a canary that has hardly any bad event. */
export function startAbsoluteTest(): Evidence {
  return startEvidence(fractions.length)
}

/**
 * Evidence that the canary's share of bad requests is *below* a ceiling.
 *
 * @param state - as left by the last batch; not changed
 * @param batch - whole counts of bad and good requests, >= 0
 * @param ceiling - highest tolerable share of bad requests, between 0 and 1; fixed before the rollout
 * @returns the next state
 * @throws RangeError when a count is not whole or the ceiling is outside (0, 1)
 */
export function updateAbsolute(
  state: Evidence,
  batch: { readonly bad: number; readonly good: number },
  ceiling: number,
): Evidence {
  checkCount('absoluteTest', 'the bad count', batch.bad)
  checkCount('absoluteTest', 'the good count', batch.good)
  checkOpenShare('absoluteTest', 'ceiling', ceiling)
  return addScores(
    state,
    fractions.map(
      (fraction) =>
        batch.bad * Math.log(fraction) + batch.good * (Math.log1p(-ceiling * fraction) - Math.log1p(-ceiling)),
    ),
  )
}
