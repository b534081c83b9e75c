import type { MetricValue, RunStep } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { metricsQuery } from '../pipeline/queries.ts'
import { Card, formatNumber, Sparkline } from '../ui/index.ts'
import { type MetricSeries, seriesOf } from './metric-series.ts'

interface MetricsProps {
  readonly run: string
  readonly step: RunStep
  readonly attempt: number | undefined
}

/** What an attempt measured, while it does so: the course of each metric, and its newest value. */
export function Metrics({ run, step, attempt }: MetricsProps) {
  const intervalMs = useCounterIntervalMs()
  const { data } = useQuery({
    ...metricsQuery(run, step.key, attempt),
    enabled: step.attempts.length > 0 || step.state === 'cached',
    refetchInterval: step.endedAt === null && intervalMs,
  })
  const series = seriesOf(data?.items ?? [])
  if (series.length === 0) return null
  return (
    <Card title={`Metrics of ${step.key}`} note={step.endedAt === null ? 'as they are measured' : undefined} flush>
      <table className="ek-table">
        <thead>
          <tr>
            <th>Metric</th>
            <th>Labels</th>
            <th>Course</th>
            <th className="ek-num">At</th>
            <th className="ek-num">Newest</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one) => (
            <Row key={`${one.name} ${one.labels}`} series={one} />
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function Row({ series: { name, labels, values, last } }: { readonly series: MetricSeries }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{labels}</td>
      <td>{values.length > 1 && <Sparkline values={values} label={`Course of ${name} ${labels}`} />}</td>
      <td className="ek-num">{last.step ?? ''}</td>
      <td className="ek-num">{valueText(last.value)}</td>
    </tr>
  )
}

const valueText = (value: MetricValue): string => (typeof value === 'number' ? formatNumber(value) : value)
