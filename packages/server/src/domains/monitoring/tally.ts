import type { Baseline } from '@evenkeel/contract'
import { type Bins, binsOf, type FeatureValue, numberOf } from './bins.ts'

/** One recorded prediction with its label, if there is one. */
export interface LabelledRow {
  readonly model: string
  readonly version: number
  readonly features: Readonly<Record<string, FeatureValue>>
  readonly score: number | null
  readonly error: string | null
  readonly label: number | null
}

/** What one column held in a window, in the bins of its baseline. */
export interface ColumnTally {
  readonly baseline: Baseline
  readonly bins: Bins | undefined
  readonly rowCount: number
  readonly nullCount: number
  /** Rows per bin; as long as `bins.reference`. */
  readonly counts: readonly number[]
  /** Mean in single precision; null when the column is not a number or has none. */
  readonly mean: number | null
}

/** What one window held. Its size does not depend on the number of rows, except for the labelled scores. */
export interface WindowTally {
  readonly rowCount: number
  readonly errorCount: number
  readonly columns: readonly ColumnTally[]
  readonly score: ColumnTally | undefined
  /** Labels (0 or 1) and scores of the same rows, of the judged version only. */
  readonly labels: readonly number[]
  readonly scores: readonly number[]
}

/**
 * Adds rows up, page by page.
 *
 * @param baselines - of the judged version: one per input, and `score`
 * @param version - the judged version: scores and labels of other versions do not count; inputs of all rows do
 */
export function createTally(baselines: readonly Baseline[], version: number | null) {
  const columns = baselines.filter(({ feature }) => feature !== 'score').map(createColumn)
  const scoreBaseline = baselines.find(({ feature }) => feature === 'score')
  const score = scoreBaseline && createColumn(scoreBaseline)
  const labels: number[] = []
  const scores: number[] = []
  let rowCount = 0
  let errorCount = 0

  return {
    add(row: LabelledRow): void {
      rowCount++
      if (row.error !== null) errorCount++
      for (const column of columns) column.add(row.features[column.feature])
      // A failed request has no score to speak of: it counts as an error, not as a missing value.
      if (row.version !== version || row.score === null) return
      score?.add(row.score)
      if (row.label === null) return
      labels.push(row.label)
      scores.push(row.score)
    },
    read: (): WindowTally => ({
      rowCount,
      errorCount,
      columns: columns.map((column) => column.read()),
      score: score?.read(),
      labels,
      scores,
    }),
  }
}

function createColumn(baseline: Baseline) {
  const bins = binsOf(baseline)
  const counts = bins?.reference.map(() => 0) ?? []
  let rowCount = 0
  let nullCount = 0
  let sum = 0

  return {
    feature: baseline.feature,
    add(value: FeatureValue): void {
      rowCount++
      const bin = bins?.binOf(value) ?? -1
      if (bin < 0) nullCount++
      else counts[bin]!++
      if (baseline.kind === 'numerical') sum += numberOf(value) ?? 0
    },
    read(): ColumnTally {
      const seen = rowCount - nullCount
      const mean = baseline.kind === 'numerical' && seen > 0 ? sum / seen : null
      return { baseline, bins, rowCount, nullCount: bins ? nullCount : 0, counts, mean }
    },
  }
}
