import type { MonitorWindow } from '@evenkeel/contract'
import { formatDate, formatPercent } from '../ui/index.ts'
import css from './DriftTable.module.css'
import type { DriftRow } from './drift-grid.ts'

interface DriftTableProps {
  readonly rows: readonly DriftRow[]
  /** Oldest first. */
  readonly windows: readonly MonitorWindow[]
}

/** The numbers of the heat map, newest window first. */
export function DriftTable({ rows, windows }: DriftTableProps) {
  return (
    <div className={css['scroll']} tabIndex={0} role="group" aria-label="Drift by window">
      <table className="ek-table">
        <thead>
          <tr>
            <th>Window</th>
            <th className="ek-num">Rows</th>
            {rows.map(({ feature, importance }) => (
              <th key={feature} className="ek-num">
                {feature}
                {importance !== null && ` (${formatPercent(importance, 0)})`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {windows
            .map(({ start, rowCount }, i) => (
              <tr key={start}>
                <th scope="row" className={css['when']}>
                  {formatDate(start)}
                </th>
                <td className="ek-num">{rowCount.toLocaleString('en')}</td>
                {rows.map(({ feature, cells }) => {
                  const relative = cells[i]?.relative ?? null
                  return (
                    <td key={feature} className="ek-num">
                      {relative === null ? (
                        '–'
                      ) : relative >= 1 ? (
                        <strong>{relative.toFixed(2)} ▲</strong>
                      ) : (
                        relative.toFixed(2)
                      )}
                    </td>
                  )
                })}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </div>
  )
}
