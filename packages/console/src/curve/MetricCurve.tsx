import type { Curve } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { LineChart } from '../chart/LineChart.tsx'
import { type ChartSeries, tableOf } from '../chart/series.ts'
import { doubleText } from '../experiment/values.ts'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { downloadCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/CsvButton.tsx'
import { DataGrid } from '../ui/DataGrid.tsx'
import { Empty, formatCount, formatDuration, formatNumber, Loaded } from '../ui/index.ts'
import { curveCsv } from './curve-csv.ts'
import css from './Curves.module.css'
import { type CurveView, pointsOf } from './points.ts'
import { curveQuery } from './queries.ts'

/** A run as a chart tells it from others. */
export interface CurveRun {
  readonly id: string
  readonly name: string
  readonly startedMs: number
  /** Place in the palette; see `ChartSeries`. */
  readonly colour: number
}

interface MetricCurveProps {
  readonly metric: string
  readonly runs: readonly CurveRun[]
  /** More may still be logged. */
  readonly open: boolean
  readonly view: CurveView
}

export const CURVE_HEIGHT = 218
const DASHES = ['solid', 'dashed', 'dotted'] as const
/** Colour alone tells nothing to some. */
export const dashOf = (colour: number): ChartSeries['dash'] => DASHES[colour % DASHES.length]!

/** How one metric of some runs went. */
export function MetricCurve({ metric, runs, open, view }: MetricCurveProps) {
  const intervalMs = useCounterIntervalMs()
  const curves = useQuery({
    ...curveQuery(
      metric,
      runs.map(({ id }) => id),
    ),
    refetchInterval: open && intervalMs,
  })
  return (
    <section className={css['chart']} aria-label={metric}>
      <div className={css['head']}>
        <h3 className={css['title']} title={metric}>
          {metric}
        </h3>
        {curves.data && (
          <CsvButton
            of={metric}
            onClick={() => downloadCsv(metric, [curveCsv(metric, runs, curves.data.curves, view)])}
          />
        )}
      </div>
      <Loaded query={curves} height={CURVE_HEIGHT - 30}>
        {(data) => <Drawn metric={metric} runs={runs} curves={data.curves} view={view} />}
      </Loaded>
    </section>
  )
}

interface DrawnProps extends Omit<MetricCurveProps, 'open'> {
  readonly curves: readonly Curve[]
}

function Drawn({ metric, runs, curves, view }: DrawnProps) {
  const of = new Map(curves.map((curve) => [curve.run, curve]))
  const series = runs.flatMap(({ id, name, startedMs, colour }): ChartSeries[] => {
    const curve = of.get(id)
    if (!curve) return []
    return [{ name, colour, dash: dashOf(colour), points: pointsOf(curve, startedMs, view) }]
  })
  const formatX = view.axis === 'time' ? formatDuration : (step: number) => `step ${formatCount(step)}`
  const table = view.charts === 'table'
  if (!table && !series.some(({ points }) => points.some(([, value]) => value !== null))) {
    return <Empty title={view.log ? 'Nothing of it is above zero.' : 'Nothing of it is a number.'} />
  }
  return (
    <>
      {table ? (
        <CurveTable metric={metric} series={series} formatX={formatX} across={view.axis} />
      ) : (
        <LineChart
          label={`${metric} by ${view.axis}, of ${series.map(({ name }) => name).join(', ')}`}
          series={series}
          across="number"
          logarithmic={view.log}
          legend={false}
          formatX={formatX}
          formatTick={view.axis === 'time' ? formatDuration : formatCount}
          formatY={doubleText}
        />
      )}
      <Sampled curves={curves} />
    </>
  )
}

/** What is left out is said. */
function Sampled({ curves }: Pick<DrawnProps, 'curves'>) {
  const total = curves.reduce((sum, curve) => sum + curve.total, 0)
  const shown = curves.reduce((sum, { points }) => sum + points.length, 0)
  if (shown >= total) return null
  return (
    <p className={css['note']}>
      {formatCount(shown)} of {formatCount(total)} points, with every peak
    </p>
  )
}

interface CurveTableProps {
  readonly metric: string
  readonly series: readonly ChartSeries[]
  readonly across: CurveView['axis']
  readonly formatX: (x: number) => string
}

function CurveTable({ metric, series, across, formatX }: CurveTableProps) {
  const rows = tableOf(series)
  return (
    <DataGrid
      label={metric}
      maxHeight={190}
      pinned={{ key: 'x', head: across === 'step' ? 'Step' : 'Since the start', width: 120 }}
      columns={series.map(({ name }, i) => ({ key: String(i), head: name, width: 120, numeric: true, at: i }))}
      rowCount={rows.length}
      rowKey={(row) => String(rows[row]!.atMs)}
      rowHead={(row) => formatX(rows[row]!.atMs)}
      cell={(row, { at }) => {
        const value = rows[row]!.values[at]
        return value === null || value === undefined ? '–' : formatNumber(value)
      }}
    />
  )
}
