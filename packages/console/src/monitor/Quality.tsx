import type { MonitorWindow } from '@evenkeel/contract'
import { Card, formatCount, formatDate, StateWord } from '../ui/index.ts'

/** What was wrong with the inputs, window by window. */
export function Quality({ windows }: { readonly windows: readonly MonitorWindow[] }) {
  const warned = windows.filter(({ quality }) => quality.status === 'warning').toReversed()
  return (
    <Card title="Data quality" note="Empty and unseen values in what was asked." flush={warned.length > 0}>
      {warned.length === 0 ? (
        <StateWord state="done">
          {windows.length === 1 ? 'The window is clean.' : `All ${formatCount(windows.length)} windows are clean.`}
        </StateWord>
      ) : (
        <table className="ek-table">
          <thead>
            <tr>
              <th>Window</th>
              <th className="ek-num">Rows</th>
              <th>Findings</th>
            </tr>
          </thead>
          <tbody>
            {warned.map(({ start, rowCount, quality }) => (
              <tr key={start}>
                <th scope="row">{formatDate(start)}</th>
                <td className="ek-num">{formatCount(rowCount)}</td>
                <td>
                  {quality.findings.map((finding) => (
                    <div key={finding}>
                      <StateWord state="attention">{finding}</StateWord>
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}
