import { type Monitor, type MonitorWindow, plural } from '@evenkeel/contract'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { LineChart } from '../chart/LineChart.tsx'
import {
  Card,
  Facts,
  Figure,
  formatCount,
  formatDate,
  formatDay,
  formatPercent,
  SegmentedControl,
} from '../ui/index.ts'
import css from './Performance.module.css'
import { aucSeries, versionMarks } from './performance-series.ts'

interface PerformanceProps {
  readonly monitor: Monitor
  /** Oldest first, not empty. */
  readonly windows: readonly MonitorWindow[]
}

const day = (ms: number) => formatDate(new Date(ms).toISOString())

/** How good the answers were once the truth was known. */
export function Performance({ monitor: { spec }, windows }: PerformanceProps) {
  const { charts = 'lines' } = useSearch({ from: '/monitors/$monitor' })
  const navigate = useNavigate({ from: '/monitors/$monitor' })
  const { atLeast, windows: inRow } = spec.performance
  const measured = windows.findLast(({ performance }) => performance.auc !== null)
  return (
    <Card
      title="Performance"
      note={`AUC on true labels with its 95 % interval; ${inRow} windows in a row below ${atLeast} are decay. Lines mark new versions.`}
      actions={
        <SegmentedControl
          aria-label="View of performance"
          size="xs"
          data={[
            { value: 'lines', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
          value={charts}
          onChange={(value) =>
            void navigate({
              search: (search) => ({ ...search, charts: value as 'lines' | 'table' }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      <div className={css['columns']}>
        <LineChart
          asTable={charts === 'table'}
          label={`AUC over ${plural(windows.length, 'window')}, bound ${atLeast}`}
          series={[aucSeries(windows)]}
          formatX={day}
          formatTick={(ms) => formatDay(new Date(ms).toISOString())}
          formatY={(value) => value.toFixed(3)}
          bound={{ name: `bound ${atLeast}`, value: atLeast }}
          marks={versionMarks(windows)}
          height={230}
        />
        {measured && <Newest window={measured} />}
      </div>
    </Card>
  )
}

function Newest({ window: { start, rowCount, labelCount, performance } }: { readonly window: MonitorWindow }) {
  const { auc, aucLow, aucHigh, logLoss, positiveShare, meanScore, calibrationError } = performance
  const fixed = (value: number | null) => (value === null ? '–' : value.toFixed(3))
  const share = (value: number | null) => (value === null ? '–' : formatPercent(value))
  return (
    <div className={css['newest']}>
      <h3>Newest measured window, {formatDate(start)}</h3>
      <Facts>
        <Figure label="AUC" value={fixed(auc)} note={`${fixed(aucLow)} to ${fixed(aucHigh)}`} />
        <Figure label="Log loss" value={fixed(logLoss)} />
        <Figure label="Calibration error" value={fixed(calibrationError)} />
        <Figure label="Positives" value={share(positiveShare)} note={`mean score ${share(meanScore)}`} />
        <Figure label="Labels" value={formatCount(labelCount)} note={`of ${formatCount(rowCount)} rows`} />
      </Facts>
    </div>
  )
}
