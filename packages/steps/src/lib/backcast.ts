import { classificationMetrics, shareOf } from './metrics.ts'
import { type Period, rowsByPeriod } from './periods.ts'
import { ConfigurationError } from './step.ts'

/** How versions of a model would have done in each period. */
export interface Backcast {
  readonly dataset: string
  readonly model: string
  readonly period: Period
  /** The oldest version first. */
  readonly versions: readonly VersionBackcast[]
}

export interface VersionBackcast {
  readonly version: number
  /** Why it could not be scored; then there are no periods. */
  readonly reason: string | null
  /** The oldest first. */
  readonly periods: readonly PeriodBackcast[]
}

export interface PeriodBackcast {
  readonly period: string
  readonly rowCount: number
  readonly positiveShare: number
  /** As `classificationMetrics`; `null` for too few rows, or rows of one class. */
  readonly metrics: Readonly<Record<string, number>> | null
}

export interface LabelledPeriod {
  readonly period: string
  /** Indices of its rows. */
  readonly rows: readonly number[]
  readonly labels: Float64Array
}

/** So many periods of `versionLimit` versions stay far below what a step may report. */
const periodLimit = 400

/** @throws ConfigurationError when there are too many to show */
export function labelPeriods(labels: Float64Array, eventTimes: Float64Array, period: Period): LabelledPeriod[] {
  const periods = [...rowsByPeriod(eventTimes, period)]
  if (periods.length > periodLimit) {
    const says = `The rows lie in ${periods.length} periods, and ${periodLimit} can be shown`
    throw new ConfigurationError(`${says}; set the param period to a longer one, or build from a shorter span.`)
  }
  return periods.map(([name, rows]) => ({ period: name, rows, labels: pick(labels, rows) }))
}

/** @param scores - one per row of the whole */
export function judgePeriod(
  scores: Float64Array,
  { period, rows, labels }: LabelledPeriod,
  minRows: number,
): PeriodBackcast {
  const positiveShare = shareOf(labels)
  const judgeable = rows.length >= minRows && positiveShare > 0 && positiveShare < 1
  const metrics = judgeable ? classificationMetrics(labels, pick(scores, rows)) : null
  return { period, rowCount: rows.length, positiveShare, metrics }
}

const pick = (values: Float64Array, rows: readonly number[]): Float64Array =>
  Float64Array.from(rows, (row) => values[row]!)

/** The AUC as Markdown: a row per period, a column per version, the best of a period in bold. */
export function backcastTable(versions: readonly VersionBackcast[]): string {
  const judged = versions.filter(({ reason }) => reason === null)
  const heads = ['period', 'rows', 'positive share', ...judged.map(({ version }) => `v${version}`)]
  const rows = (judged[0]?.periods ?? []).map(({ period, rowCount, positiveShare }, at) => {
    const aucs = judged.map(({ periods }) => periods[at]!.metrics?.['auc'])
    return [period, rowCount.toLocaleString('en'), `${(positiveShare * 100).toFixed(1)} %`, ...bestInBold(aucs)]
  })
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** Alone, none is the best. */
function bestInBold(aucs: readonly (number | undefined)[]): string[] {
  const best = aucs.length > 1 ? Math.max(...aucs.map((auc) => auc ?? 0)) : Infinity
  return aucs.map((auc) => (auc === undefined ? '–' : auc === best ? `**${auc.toFixed(4)}**` : auc.toFixed(4)))
}
