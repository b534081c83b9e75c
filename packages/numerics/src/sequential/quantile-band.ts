import { checkCount, checkOpenShare, sharesOf } from '../stats/check.ts'
import type { Histogram } from '../stats/histogram.ts'
import type { Interval } from '../stats/intervals.ts'
import type { Verdict } from './verdict.ts'

/**
 * Half-width of the band around each arm's empirical distribution, valid for both arms and all looks together.
 *
 * Look k spends α / (k(k + 1)), half of it on each arm (Dvoretzky–Kiefer–Wolfowitz inequality with Massart's constant).
 *
 * @param count - values in the arm, whole, >= 1
 * @param alpha - error rate between 0 and 1, of all looks together
 * @param look - 1 for the first look; looks come by the clock, not because of what was seen
 * @returns share > 0; a band of 1 or more says nothing yet
 * @throws RangeError when an argument is outside its range
 * @see Massart, The tight constant in the Dvoretzky–Kiefer–Wolfowitz inequality (1990)
 */
export function distributionBand(count: number, alpha: number, look: number): number {
  checkCount('distributionBand', 'the number of values', count)
  checkCount('distributionBand', 'the look', look)
  checkOpenShare('distributionBand', 'error rate', alpha)
  if (count === 0 || look === 0) {
    throw new RangeError(`distributionBand: ${count} values at look ${look}; start with one value, at look 1`)
  }
  return Math.sqrt(Math.log((4 * look * (look + 1)) / alpha) / (2 * count))
}

/**
 * Where a quantile can lie, given a histogram and a band around its distribution.
 *
 * Only the bucket of a value is known, so the interval reaches from the lower edge of one bucket to the upper edge of
 * another.
 *
 * @param histogram - k counts over k + 1 rising edges; the last edge may be infinite
 * @param quantile - between 0 and 1
 * @param band - half-width from `distributionBand`
 * @returns interval in the unit of the edges; a side is infinite when the band reaches past the data
 * @throws RangeError when edges and counts do not fit or there are no rows
 */
export function quantileBand({ edges, counts }: Histogram, quantile: number, band: number): Interval {
  checkOpenShare('quantileBand', 'quantile', quantile)
  if (edges.length !== counts.length + 1) {
    throw new RangeError(`quantileBand: ${edges.length} edges but ${counts.length} counts; give one edge more`)
  }
  const shares = sharesOf('quantileBand', 'given', counts)
  const bucket = (level: number) => {
    let below = 0
    return shares.findIndex((share) => (below += share) >= level - 1e-12)
  }
  return {
    lower: quantile - band > 0 ? edges[bucket(quantile - band)]! : -Infinity,
    upper: quantile + band <= 1 ? edges[bucket(quantile + band) + 1]! : Infinity,
  }
}

export interface QuantileQuestion {
  /** Latencies of each arm, in one unit and over edges of any kind; a bucket's counts may be 0. */
  readonly canary: Histogram
  readonly baseline: Histogram
  /** Which quantile, between 0 and 1; 0.5 for the median. */
  readonly quantile: number
  /** Tolerated relative worsening, >= 0. */
  readonly margin: number
  /** Chance of ever calling an equal canary worse. */
  readonly alpha: number
  /** Chance of ever passing a canary that is worse by more than the margin. */
  readonly beta: number
  /** 1 for the first look. */
  readonly look: number
}

export interface QuantileAnswer {
  readonly verdict: Verdict
  /** Where the quantile of each arm lies, at the error rate of the *worse* question. */
  readonly canary: Interval
  readonly baseline: Interval
}

/**
 * Always-valid comparison of one latency quantile between two arms, from their histograms.
 *
 * *Worse*: even the canary's lowest possible quantile is above (1 + margin) times the baseline's highest. *Not worse*:
 * even its highest is at most (1 + margin) times the baseline's lowest. Bucket edges are rounded so that a verdict is
 * harder to reach, never easier. Cannot judge a 99th percentile below tens of thousands of requests.
 *
 * @throws RangeError when an argument is outside its range or an arm's edges and counts do not fit
 */
export function compareQuantiles(question: QuantileQuestion): QuantileAnswer {
  const { margin, alpha, beta } = question
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(`compareQuantiles: the margin is ${margin}; give the tolerated relative worsening, 0 or more`)
  }
  const strict = bands(question, alpha)
  const lenient = bands(question, beta)
  const worse = strict.canary.lower > (1 + margin) * strict.baseline.upper
  const notWorse = lenient.canary.upper <= (1 + margin) * lenient.baseline.lower
  return { verdict: worse ? 'worse' : notWorse ? 'not_worse' : 'not_enough_data', ...strict }
}

function bands({ canary, baseline, quantile, look }: QuantileQuestion, errorRate: number) {
  const around = (arm: Histogram): Interval => {
    const count = Array.from(arm.counts).reduce((sum, bucket) => sum + bucket, 0)
    if (count === 0) return { lower: -Infinity, upper: Infinity }
    return quantileBand(arm, quantile, distributionBand(count, errorRate, look))
  }
  return { canary: around(canary), baseline: around(baseline) }
}
