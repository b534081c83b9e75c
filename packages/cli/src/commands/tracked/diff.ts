import type { RunDetail } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { spanOf } from './list.ts'
import { findRunId, numberText } from './tracked.ts'

interface DiffOptions extends CommonOptions {
  readonly all?: boolean
}

interface Difference {
  readonly kind: 'run' | 'param' | 'metric' | 'tag'
  readonly key: string
  /** One for each run; null where it has none. */
  readonly values: readonly (string | number | null)[]
}

/** Prints what runs do not have in common, side by side. */
export async function diff(first: string, others: readonly string[], options: DiffOptions): Promise<number> {
  const { trackedRuns } = await connect(options)
  const runs: RunDetail[] = []
  for (const id of [first, ...others]) {
    runs.push(await trackedRuns.get({ params: { run: await findRunId(trackedRuns, id) } }))
  }
  const items = everything(runs).filter(({ kind, key, values }) => options.all || differs(kind, key, values))
  const result = { runs: runs.map(({ id, name }) => ({ id, name })), items }
  outputOf(options).result(result, () =>
    items.length > 0 ? linesOf(runs, items) : 'they have the same params, metrics and tags; --all shows them',
  )
  return exitCodes.ok
}

const everything = (runs: readonly RunDetail[]): Difference[] => [
  { kind: 'run', key: 'status', values: runs.map(({ status }) => status) },
  { kind: 'run', key: 'experiment', values: runs.map(({ experimentName }) => experimentName) },
  ...rowsOf('param', runs, ({ params }) => params),
  ...rowsOf('metric', runs, ({ metrics }) =>
    Object.fromEntries(Object.entries(metrics).map(([key, { last }]) => [key, last])),
  ),
  ...rowsOf('tag', runs, ({ tags }) => tags),
]

function rowsOf(
  kind: Difference['kind'],
  runs: readonly RunDetail[],
  of: (run: RunDetail) => Readonly<Record<string, string | number>>,
): Difference[] {
  const all = runs.map(of)
  const keys = [...new Set(all.flatMap((values) => Object.keys(values)))].toSorted()
  return keys.map((key) => ({ kind, key, values: all.map((values) => values[key] ?? null) }))
}

/** What clients note by themselves, such as the name of a run, is no difference that anybody asks for. */
const differs = (kind: Difference['kind'], key: string, values: Difference['values']): boolean =>
  new Set(values).size > 1 && !(kind === 'tag' && key.startsWith('mlflow.'))

const linesOf = (runs: readonly RunDetail[], items: readonly Difference[]): string[] => [
  ...runs.map((run, at) => `${letterOf(at)}  ${run.id}  ${cell(run.name, 40)}  ${spanOf(run)}`),
  '',
  ...table(
    ['', 'name', ...runs.map((_, at) => letterOf(at))],
    items.map(({ kind, key, values }) => [kind, cell(key, 40), ...values.map((value) => textOf(kind, value))]),
  ),
]

/** A to Z, then by number. */
const letterOf = (at: number): string => (at < 26 ? String.fromCharCode(65 + at) : String(at + 1))

const textOf = (kind: Difference['kind'], value: string | number | null): string => {
  if (value === null) return '–'
  return kind === 'metric' && typeof value === 'number' ? numberText(value) : cell(String(value), 40)
}
