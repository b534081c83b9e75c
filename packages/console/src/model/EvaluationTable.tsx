import type { Evaluation } from '@evenkeel/contract'
import { formatCount, formatDate, formatSigned } from '../ui/index.ts'
import { metricName } from './words.ts'

/** Both models on the same held-out rows. */
export function EvaluationTable({ evaluation }: { readonly evaluation: Evaluation }) {
  const { candidate, champion, difference, rowCount, dataset, holdoutFrom, holdoutUntil } = evaluation
  return (
    <>
      <table className="ek-table ek-tight">
        <thead>
          <tr>
            <th>Metric</th>
            <th className="ek-num">Candidate</th>
            <th className="ek-num">{champion ? `Version ${champion.version}` : 'Champion'}</th>
            <th className="ek-num">Difference</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(candidate).map(([name, value]) => {
            const before = champion?.metrics[name]
            return (
              <tr key={name}>
                <th scope="row">{metricName(name)}</th>
                <td className="ek-num">{value.toFixed(4)}</td>
                <td className="ek-num">{before === undefined ? '–' : before.toFixed(4)}</td>
                <td className="ek-num">{before === undefined ? '–' : formatSigned(value - before)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {difference && (
        <p>
          {metricName(difference.metric)} {formatSigned(difference.value)} (95 % interval {formatSigned(difference.low)}{' '}
          to {formatSigned(difference.high)}, paired).
        </p>
      )}
      <p className="ek-dim">
        {formatCount(rowCount)} rows of {dataset}, {formatDate(holdoutFrom)} to {formatDate(holdoutUntil)}.
      </p>
    </>
  )
}
