import type { RunRow } from '@evenkeel/contract'
import { type Column, columnText, numberIn, titleOf } from '../experiment/columns.ts'
import { byImportance } from '../experiment/keys.ts'
import { finite, numberOf } from '../experiment/values.ts'
import { csvOf } from '../ui/csv.ts'

type Measured = Pick<RunRow, 'metrics' | 'params'>

/** What runs have of one param or metric, as an axis shows it: numbers where all are, words otherwise. */
export interface Axis {
  readonly key: string
  readonly title: string
  readonly kind: 'number' | 'word'
  /** One for each run; null where it has none, or none that has a place on the axis. */
  readonly values: readonly (number | string | null)[]
}

export function axisOf(column: Column, runs: readonly Measured[]): Axis {
  const named = { key: columnText(column), title: titleOf(column) }
  if (column.kind !== 'param') return { ...named, kind: 'number', values: runs.map((run) => metricOf(run, column)) }
  const texts = runs.map(({ params }) => params[column.key])
  const numbers = texts.map(numberOf)
  const numeric = texts.every((text, i) => text === undefined || numbers[i] !== null)
  return numeric
    ? { ...named, kind: 'number', values: numbers }
    : { ...named, kind: 'word', values: texts.map((text) => text ?? null) }
}

function metricOf({ metrics }: Measured, { kind, key }: Column): number | null {
  return finite(numberIn(metrics[key], kind))
}

/** Every param, and the newest, least and greatest of every metric. */
export function choicesOf(runs: readonly Measured[]): { readonly params: Column[]; readonly metrics: Column[] } {
  const keys = (of: (run: Measured) => object) => [...new Set(runs.flatMap((run) => Object.keys(of(run))))]
  const params = keys((run) => run.params).toSorted()
  const metrics = keys((run) => run.metrics).toSorted(byImportance)
  return {
    params: params.map((key) => ({ kind: 'param', key })),
    metrics: metrics.flatMap((key) => (['metric', 'min', 'max'] as const).map((kind) => ({ kind, key }))),
  }
}

/** What a chart of these axes shows, a line for each run. */
export const axesCsv = (
  runs: readonly { readonly id: string; readonly name: string }[],
  axes: readonly Axis[],
): string =>
  csvOf([
    ['run', 'run_id', ...axes.map(({ key }) => key)],
    ...runs.map(({ id, name }, i) => [name, id, ...axes.map(({ values }) => values[i])]),
  ])

const MOST_FIRST = 7

/** What is shown while nobody chose: the params that vary, and the first metric. */
export function firstAxes(runs: readonly Measured[]): Column[] {
  const { params, metrics } = choicesOf(runs)
  const varying = params.filter(({ key }) => new Set(runs.map((run) => run.params[key])).size > 1)
  return [...varying.slice(0, MOST_FIRST), ...metrics.slice(0, 1)]
}
