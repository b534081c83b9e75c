import { checkOpenShare } from '../stats/check.ts'

/**
 * What a sequential test has seen so far: plain numbers, fit for a database column.
 *
 * Under the null hypothesis the evidence E is a martingale that starts at 1, so by Ville's inequality it ever reaches
 * 1/α with probability at most α, however often and whenever one looks.
 */
export interface Evidence {
  /** Log likelihood ratio of each alternative in the test's grid against the null hypothesis. */
  readonly logScores: readonly number[]
  /** Largest ln E at any look; starts at 0. */
  readonly peakLogEvidence: number
}

export function startEvidence(alternatives: number): Evidence {
  return { logScores: Array.from({ length: alternatives }, () => 0), peakLogEvidence: 0 }
}

/** A new state with each log score raised by what a batch says about its alternative. */
export function addScores(state: Evidence, increments: readonly number[]): Evidence {
  if (state.logScores.length !== increments.length) {
    throw new RangeError(
      `evidence: ${state.logScores.length} scores but ${increments.length} alternatives; ` +
        'update a state only with the test that started it',
    )
  }
  const logScores = increments.map((increment, i) => state.logScores[i]! + increment)
  return { logScores, peakLogEvidence: Math.max(state.peakLogEvidence, logMeanExp(logScores)) }
}

/** ln E now: the log of the mean likelihood ratio over the grid. */
export function logEvidence({ logScores }: Evidence): number {
  return logMeanExp(logScores)
}

/** E now, >= 0; infinite once ln E passes 709. */
export function evidence(state: Evidence): number {
  return Math.exp(logEvidence(state))
}

/** p-value in (0, 1] that stays valid at every look: min(1, 1 / the largest E so far). */
export function alwaysValidP({ peakLogEvidence }: Evidence): number {
  return Math.exp(-Math.max(0, peakLogEvidence))
}

/**
 * True once the evidence has reached 1/α at any look; it stays true.
 *
 * @param alpha - error rate between 0 and 1: the chance of ever deciding when the null hypothesis holds
 */
export function isDecided({ peakLogEvidence }: Evidence, alpha: number): boolean {
  checkOpenShare('evidence', 'error rate', alpha)
  return peakLogEvidence >= -Math.log(alpha)
}

function logMeanExp(logs: readonly number[]): number {
  const top = Math.max(...logs)
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / logs.length)
}
