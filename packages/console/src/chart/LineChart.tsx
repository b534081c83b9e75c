import { lazy, Suspense } from 'react'
import { Legend } from './Legend.tsx'
import css from './LineChart.module.css'
import { type LineChartProps, tableOf } from './series.ts'

const LineCanvas = lazy(async () => ({ default: (await import('./LineCanvas.tsx')).LineCanvas }))

interface Props extends LineChartProps {
  readonly asTable?: boolean
}

/** A line chart with its legend, or the same numbers as a table. */
export function LineChart({ asTable = false, legend = true, ...props }: Props) {
  if (asTable) return <ChartTable {...props} />
  return (
    <div>
      {legend && props.series.length > 1 && <Legend entries={props.series} />}
      <Suspense fallback={<div style={{ height: props.height ?? 180 }} />}>
        <LineCanvas {...props} />
      </Suspense>
    </div>
  )
}

function ChartTable({ series, label, formatX, formatY }: LineChartProps) {
  return (
    // It scrolls, so it must be reachable by keyboard.
    <div className={css['table']} tabIndex={0} role="group" aria-label={label}>
      <table className="ek-table">
        <thead>
          <tr>
            <th>When</th>
            {series.map(({ name }) => (
              <th key={name} className="ek-num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tableOf(series)
            .toReversed()
            .map(({ atMs, values }) => (
              <tr key={atMs}>
                <th scope="row">{formatX(atMs)}</th>
                {values.map((value, i) => (
                  <td key={series[i]!.name} className="ek-num">
                    {value === null ? '–' : formatY(value)}
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}
