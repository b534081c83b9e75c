import { type MonitorWindow, plural } from '@evenkeel/contract'

/** What is told of a window. */
interface Told {
  readonly rowCount: number
  readonly columns: readonly Pick<MonitorWindow['columns'][number], 'status'>[]
  readonly performance: Pick<MonitorWindow['performance'], 'auc'>
  readonly quality: Pick<MonitorWindow['quality'], 'status'>
}

/** A window in one line: `AUC 0.712 · 2 of 7 inputs drift · data quality warning`. */
export function windowWords({ rowCount, columns, performance, quality }: Told): string {
  if (rowCount === 0) return 'no predictions'
  const drifting = columns.filter(({ status }) => status === 'drift').length
  return [
    performance.auc === null ? 'no performance yet' : `AUC ${performance.auc.toFixed(3)}`,
    drifting === 0
      ? 'no drift'
      : `${drifting} of ${plural(columns.length, 'input')} ${drifting === 1 ? 'drifts' : 'drift'}`,
    ...(quality.status === 'warning' ? ['data quality warning'] : []),
  ].join(' · ')
}
