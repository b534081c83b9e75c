import type { TrafficPoint } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { LineChart } from '../chart/LineChart.tsx'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Card, Empty, formatCount, formatMs, formatPercent, Loaded, SegmentedControl } from '../ui/index.ts'
import { countSeries, latencySeries } from './arms.ts'
import { trafficQuery } from './queries.ts'
import css from './TrafficCharts.module.css'

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19)
const minutes = (ms: number) => clock(ms).slice(0, 5)
/** Where ticks come more often than each minute, they need seconds. */
const SHORT_MS = 600_000

/** Latency, errors and requests over time, by arm. */
export function TrafficCharts({ endpoint }: { readonly endpoint: string }) {
  const traffic = useQuery({ ...trafficQuery(endpoint), refetchInterval: useCounterIntervalMs() })
  const { charts = 'lines' } = useSearch({ from: '/deployments/$endpoint' })
  const navigate = useNavigate({ from: '/deployments/$endpoint' })
  return (
    <Card
      title="Over time"
      note="By arm; times in UTC."
      actions={
        <SegmentedControl
          aria-label="View"
          size="xs"
          data={[
            { value: 'lines', label: 'Charts' },
            { value: 'table', label: 'Table' },
          ]}
          value={charts}
          onChange={(value) =>
            void navigate({ search: { charts: value as 'lines' | 'table' }, replace: true, resetScroll: false })
          }
        />
      }
    >
      <Loaded query={traffic} height={200}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No request has been answered yet." />
          ) : (
            <Charts points={items} asTable={charts === 'table'} />
          )
        }
      </Loaded>
    </Card>
  )
}

function Charts({ points, asTable }: { readonly points: readonly TrafficPoint[]; readonly asTable: boolean }) {
  const spanMs = Date.parse(points.at(-1)!.at) - Date.parse(points[0]!.at)
  const common = {
    formatX: clock,
    formatTick: spanMs < SHORT_MS ? clock : minutes,
    asTable,
    fromZero: true,
    height: 150,
  }
  return (
    <div className={css['charts']}>
      <Chart title="p50">
        <LineChart
          {...common}
          label="Median latency by arm"
          series={latencySeries(points, ({ p50Ms }) => p50Ms)}
          formatY={formatMs}
        />
      </Chart>
      <Chart title="p99">
        <LineChart
          {...common}
          label="99th percentile of latency by arm"
          series={latencySeries(points, ({ p99Ms }) => p99Ms)}
          formatY={formatMs}
        />
      </Chart>
      <Chart title="Errors">
        <LineChart
          {...common}
          label="Share of failed requests by arm"
          series={countSeries(points, ({ requests, errors }) => errors / requests)}
          formatY={(share) => formatPercent(share, 2)}
          reach={0.001}
        />
      </Chart>
      <Chart title="Requests per second">
        <LineChart
          {...common}
          label="Requests per second by arm"
          series={countSeries(points, ({ requests, seconds }) => requests / seconds)}
          formatY={(value) => formatCount(Math.round(value))}
        />
      </Chart>
    </div>
  )
}

function Chart({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className={css['title']}>{title}</h3>
      {children}
    </section>
  )
}
