import { lazy, Suspense } from 'react'
import { OnScroll } from '../chart/OnScroll.tsx'
import type { CurveRun } from '../curve/MetricCurve.tsx'
import { DataGrid } from '../ui/DataGrid.tsx'
import { formatNumber } from '../ui/index.ts'
import type { Axis } from './axes.ts'
import { RunLegend } from './RunLegend.tsx'

const RunsCanvas = lazy(async () => ({ default: (await import('./RunsCanvas.tsx')).RunsCanvas }))

interface RunsChartProps {
  readonly label: string
  readonly runs: readonly CurveRun[]
  readonly kind: 'parallel' | 'scatter'
  readonly axes: readonly Axis[]
  readonly asTable: boolean
}

const HEIGHT = 340

/** Runs by what they have, as a chart or as a table. */
export function RunsChart({ asTable, ...props }: RunsChartProps) {
  if (asTable) return <AxesTable {...props} />
  return (
    <>
      {props.kind === 'parallel' && <RunLegend runs={props.runs} />}
      <OnScroll height={HEIGHT}>
        <Suspense fallback={null}>
          <RunsCanvas {...props} />
        </Suspense>
      </OnScroll>
    </>
  )
}

function AxesTable({ label, runs, axes }: Omit<RunsChartProps, 'asTable'>) {
  return (
    <DataGrid
      label={label}
      maxHeight={HEIGHT}
      pinned={{ key: 'run', head: 'Run', width: 170 }}
      columns={axes.map((axis) => ({
        key: axis.key,
        head: <span title={axis.title}>{axis.title}</span>,
        width: 140,
        numeric: axis.kind === 'number',
        axis,
      }))}
      rowCount={runs.length}
      rowKey={(row) => runs[row]!.id}
      rowHead={(row) => runs[row]!.name}
      cell={(row, { axis }) => {
        const value = axis.values[row]
        return typeof value === 'number' ? formatNumber(value) : (value ?? '–')
      }}
    />
  )
}
