import type { Counters } from '../serving/counters.ts'
import { latencyEdgesMs } from '../serving/counters.ts'
import type { EndpointRuntime } from '../serving/endpoint.ts'

interface Family {
  /** Without the `_total` of counters. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly string[]
}

export interface MetricSources {
  readonly counters: Counters
  readonly endpoints: Iterable<EndpointRuntime>
  readonly dropped: Readonly<Record<string, number>>
  readonly unsentBytes: number
  /** Seconds since the control plane was last heard of. */
  readonly silenceSeconds: number
}

/** The metrics of the node, in the text format that the scraper accepts. */
export function renderMetrics(sources: MetricSources, accept: string): { type: string; body: string } {
  const open = accept.includes('application/openmetrics-text')
  const lines = families(sources).flatMap(({ name, type, help, samples }) => {
    const family = type === 'counter' && !open ? `${name}_total` : name
    return [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`, ...samples]
  })
  return {
    type: open
      ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
      : 'text/plain; version=0.0.4; charset=utf-8',
    body: `${lines.join('\n')}\n${open ? '# EOF\n' : ''}`,
  }
}

function families({ counters, endpoints, dropped, unsentBytes, silenceSeconds }: MetricSources): Family[] {
  return [
    {
      name: 'evenkeel_predictions',
      type: 'counter',
      help: 'Predictions (rows) by what became of them.',
      samples: counters.all().map((series) => `evenkeel_predictions_total${labelsOf(series)} ${series.requests}`),
    },
    {
      name: 'evenkeel_prediction_duration_seconds',
      type: 'histogram',
      help: 'Time from the whole request to its answer.',
      samples: counters.all().flatMap(histogram),
    },
    {
      name: 'evenkeel_traffic_weight',
      type: 'gauge',
      help: 'Share of the units that an arm gets.',
      samples: [...endpoints].flatMap(({ spec, arms }) =>
        arms.map(({ arm, version, weight }) => {
          const labels = format({ deployment: spec.name, version: String(version), variant: arm })
          return `evenkeel_traffic_weight${labels} ${weight / 10_000}`
        }),
      ),
    },
    {
      name: 'evenkeel_payload_log_dropped',
      type: 'counter',
      help: 'Predictions that were answered and could not be recorded.',
      samples: Object.entries(dropped).map(
        ([reason, count]) => `evenkeel_payload_log_dropped_total${format({ reason })} ${count}`,
      ),
    },
    gauge('evenkeel_payload_log_unsent_bytes', 'Recorded predictions that wait to be sent.', unsentBytes),
    gauge('evenkeel_control_plane_silence_seconds', 'Time since the control plane was last heard of.', silenceSeconds),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss()),
  ]
}

const gauge = (name: string, help: string, value: number): Family => ({
  name,
  type: 'gauge',
  help,
  samples: [`${name} ${value}`],
})

type CounterSeries = ReturnType<Counters['all']>[number]

const labelsOf = ({ endpoint, version, arm, code }: CounterSeries, more: Readonly<Record<string, string>> = {}) =>
  format({ deployment: endpoint, version: String(version), variant: arm, code: String(code), ...more })

function histogram(series: CounterSeries): string[] {
  const name = 'evenkeel_prediction_duration_seconds'
  let count = 0
  const buckets = series.counts.map((inBucket, i) => {
    count += inBucket
    const edgeMs = latencyEdgesMs[i]
    return `${name}_bucket${labelsOf(series, { le: edgeMs === undefined ? '+Inf' : String(edgeMs / 1000) })} ${count}`
  })
  return [
    ...buckets,
    `${name}_sum${labelsOf(series)} ${series.totalMs / 1000}`,
    `${name}_count${labelsOf(series)} ${count}`,
  ]
}

function format(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return `{${pairs.join(',')}}`
}

const escape = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
