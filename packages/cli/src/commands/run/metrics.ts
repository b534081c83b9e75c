import type { Metric, MetricValue, Run } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { chooseSteps, findRun } from './runs.ts'

interface MetricsOptions extends CommonOptions {
  readonly against?: string
}

interface Row extends Metric {
  readonly of: string
  /** The same metric in the other run; null when it has none. */
  readonly before?: MetricValue | null
}

/** Prints the newest value of each metric of a run, beside those of another one if asked. */
export async function metrics(id: string, step: string | undefined, options: MetricsOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const run = await findRun(pipelines, id)
  const other = options.against === undefined ? undefined : await findRun(pipelines, options.against)
  const rows = rowsOf(run, step, other)
  const items = rows.map(({ of, ...metric }) => ({ of, ...metric }))
  outputOf(options).result({ run: run.id, ...(other && { against: other.id }), items }, () =>
    rows.length > 0 ? linesOf(rows, other) : `run ${run.id} has no metrics; append them to $EVENKEEL_METRICS`,
  )
  return exitCodes.ok
}

function rowsOf(run: Run, step: string | undefined, other: Run | undefined): Row[] {
  return chooseSteps(run, step).flatMap(({ key, metrics: own }) =>
    own.map((metric) => ({ of: key, ...metric, ...(other && { before: valueIn(other, key, metric) }) })),
  )
}

function valueIn({ steps }: Run, key: string, metric: Metric): MetricValue | null {
  const found = steps.find((one) => one.key === key)?.metrics.find((one) => seriesOf(one) === seriesOf(metric))
  return found?.value ?? null
}

const seriesOf = ({ name, labels }: Metric): string => `${name} ${labelsText(labels)}`

const labelsText = (labels: Metric['labels']): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(' ')

function linesOf(rows: readonly Row[], other: Run | undefined): string[] {
  const heads = ['step', 'metric', 'labels', 'at', 'value']
  return table(
    other ? [...heads, cell(other.id, 13), 'change'] : heads,
    rows.map(({ of, name, labels, step, value, before = null }) => [
      of,
      cell(name, 40),
      cell(labelsText(labels), 40),
      step === null ? '' : String(step),
      numberText(value),
      ...(other ? [before === null ? '–' : numberText(before), changeText(value, before)] : []),
    ]),
  )
}

const numberText = (value: MetricValue): string =>
  typeof value === 'string' || Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))

function changeText(value: MetricValue, before: MetricValue | null): string {
  if (typeof value === 'string' || typeof before !== 'number') return ''
  const change = value - before
  return change === 0 ? '0' : `${change > 0 ? '+' : ''}${numberText(change)}`
}
