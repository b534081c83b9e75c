import type { ColumnDrift, MonitorSpec } from '@evenkeel/contract'
import { jensenShannonDistance, populationStabilityIndex } from '@evenkeel/numerics'
import type { ColumnTally } from './tally.ts'
import { count, figure, percent } from './words.ts'

/**
 * Drift of one column against the training data: Jensen–Shannon distance (natural logarithm, at most √ln 2) over the
 * bins of the baseline and one more for what the training data did not have; PSI over the same bins.
 */
export function columnDrift(tally: ColumnTally, { threshold, minRows }: MonitorSpec['drift']): ColumnDrift {
  const { baseline, bins, rowCount, nullCount, counts, mean } = tally
  const seen = rowCount - nullCount
  const known = {
    feature: baseline.feature,
    importance: baseline.importance,
    nullShare: rowCount === 0 ? 0 : nullCount / rowCount,
    unseenShare: unseenShare(tally),
    rowCount,
    mean,
  }
  const obstacle = whyNot(bins !== undefined, seen, minRows)
  if (!bins || obstacle !== undefined) {
    const says = `${baseline.feature}: ${obstacle}`
    return { ...known, distance: null, relative: null, psi: null, status: 'not_computable', says }
  }
  const distance = jensenShannonDistance(bins.reference, counts)
  const psi = populationStabilityIndex(bins.reference, counts)
  const relative = distance / threshold
  const status = relative >= 1 ? 'drift' : 'ok'
  return { ...known, distance, relative, psi, status, says: describe(tally, distance, threshold, known.unseenShare) }
}

function whyNot(hasBins: boolean, seen: number, minRows: number): string | undefined {
  if (!hasBins) return 'not computable, the version was registered without a distribution of it'
  if (seen === 0) return 'not computable, no row has a value'
  if (seen < minRows) return `not computable, ${count(seen)} rows with a value of the ${count(minRows)} it takes`
  return undefined
}

/**
 * Share of values that the training data did not have: outside of its range, or a category it did not list. Where it
 * listed the most frequent categories only, the share by which the unlisted ones have grown.
 */
function unseenShare({ bins, rowCount, nullCount, counts }: ColumnTally): number {
  const seen = rowCount - nullCount
  if (!bins || seen === 0) return 0
  const before = bins.reference.at(-1)! / bins.reference.reduce((sum, bin) => sum + bin, 0)
  return Math.max(0, counts.at(-1)! / seen - before)
}

function describe(
  { baseline, bins, rowCount, mean }: ColumnTally,
  distance: number,
  threshold: number,
  unseen: number,
) {
  const verdict = distance >= threshold ? 'drifted' : 'as in training'
  const means = mean === null || baseline.mean === null ? '' : `, mean ${figure(baseline.mean)} → ${figure(mean)}`
  const place = bins?.kind === 'numerical' ? 'outside of the training range' : 'not seen in training'
  const rest = unseen >= 0.001 ? `, ${percent(unseen)} ${place}` : ''
  const measure = `Jensen–Shannon ${figure(distance)} of ${figure(threshold)} allowed`
  return `${baseline.feature}: ${verdict}, ${measure} on ${count(rowCount)} rows${means}${rest}`
}
