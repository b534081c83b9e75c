import type { Baseline, ColumnDrift, MonitorSpec, MonitorWindow } from '@evenkeel/contract'
import { columnDrift } from './drift.ts'
import { performanceOf } from './performance.ts'
import type { WindowTally } from './tally.ts'
import { percent } from './words.ts'

/** Share of failed predictions that is worth a warning. */
const errorShareAtMost = 0.01

/** Share of drifted inputs that counts as drift of the whole. */
const driftedShareAtLeast = 0.5

export interface WindowFrame extends Pick<MonitorWindow, 'start' | 'end' | 'closed' | 'versions' | 'baselineVersion'> {
  readonly computedAt: Date
}

/** Judges one window by what was counted in it. */
export function evaluateWindow(
  spec: MonitorSpec,
  { computedAt, ...frame }: WindowFrame,
  tally: WindowTally,
): MonitorWindow {
  const columns = tally.columns.map((column) => columnDrift(column, spec.drift))
  const findings = qualityFindings(spec.quality, tally, columns)
  return {
    ...frame,
    rowCount: tally.rowCount,
    labelCount: tally.labels.length,
    columns,
    score: tally.score ? columnDrift(tally.score, spec.drift) : null,
    performance: performanceOf(tally, spec.performance),
    quality: { status: findings.length === 0 ? 'ok' : 'warning', findings },
    computedAt: computedAt.toISOString(),
  }
}

/** What a window says for each kind of incident: bad, good, or null when it cannot tell. */
export interface Judgement {
  readonly decayed: boolean | null
  readonly drifted: boolean | null
  readonly unclean: boolean | null
}

export function judge({ closed, rowCount, performance, columns, score, quality }: MonitorWindow): Judgement {
  if (!closed || rowCount === 0) return { decayed: null, drifted: null, unclean: null }
  return {
    decayed: performance.status === 'not_computable' ? null : performance.status === 'below',
    drifted: hasDrifted(columns, score),
    unclean: quality.status === 'warning',
  }
}

function hasDrifted(columns: readonly ColumnDrift[], score: ColumnDrift | null): boolean | null {
  if (score?.status === 'drift') return true
  const computed = columns.filter(({ status }) => status !== 'not_computable')
  if (computed.length === 0) return score?.status === 'ok' ? false : null
  return computed.filter(({ status }) => status === 'drift').length / computed.length >= driftedShareAtLeast
}

function qualityFindings(spec: MonitorSpec['quality'], tally: WindowTally, columns: readonly ColumnDrift[]): string[] {
  const errorShare = tally.rowCount === 0 ? 0 : tally.errorCount / tally.rowCount
  return [
    ...(errorShare > errorShareAtMost ? [`${percent(errorShare)} of the predictions failed`] : []),
    ...tally.columns.flatMap(({ baseline, bins }, i) => (bins ? columnFindings(spec, baseline, columns[i]!) : [])),
  ]
}

function columnFindings(
  { nullShareAtMost, unseenShareAtMost }: MonitorSpec['quality'],
  { feature, kind, rowCount, nullCount }: Baseline,
  { nullShare, unseenShare }: ColumnDrift,
): string[] {
  const before = rowCount === 0 ? 0 : nullCount / rowCount
  const missing = `${feature} is missing in ${percent(nullShare)} of the rows, in training in ${percent(before)}`
  const unseen = `${feature} holds a category that training did not have in ${percent(unseenShare)} of the rows`
  return [
    ...(nullShare - before > nullShareAtMost ? [missing] : []),
    ...(kind === 'categorical' && unseenShare > unseenShareAtMost ? [unseen] : []),
  ]
}
