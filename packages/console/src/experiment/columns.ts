import { metricDirection, type RunRow } from '@evenkeel/contract'
import { byImportance, fieldName } from './keys.ts'
import { type Double, doubleText } from './values.ts'

/** What a column of the table of runs can show. */
export const COLUMN_KINDS = ['run', 'metric', 'min', 'max', 'best-max', 'best-min', 'param', 'tag'] as const
export type ColumnKind = (typeof COLUMN_KINDS)[number]

/** A column; in the address it is `kind:key`. */
export interface Column {
  readonly kind: ColumnKind
  readonly key: string
}

/** Columns that every run has, with the name that a search knows them by. */
export const RUN_COLUMNS = {
  status: { title: 'Status', field: 'status', width: 110 },
  started: { title: 'Started', field: 'start_time', width: 120 },
  duration: { title: 'Duration', field: undefined, width: 110 },
  user: { title: 'User', field: 'user_id', width: 120 },
  id: { title: 'Id', field: 'run_id', width: 280 },
} as const satisfies Record<string, { title: string; field: string | undefined; width: number }>

type RunColumn = keyof typeof RUN_COLUMNS
const runColumn = (key: string) => (Object.hasOwn(RUN_COLUMNS, key) ? RUN_COLUMNS[key as RunColumn] : undefined)

export const columnText = ({ kind, key }: Column): string => `${kind}:${key}`

/** Columns as an address names them, each once; what is none is left out. */
export function columnsOf(texts: readonly string[]): Column[] {
  return [...new Set(texts)].flatMap((text) => {
    const at = text.indexOf(':')
    const kind = COLUMN_KINDS.find((one) => one === text.slice(0, at))
    const key = text.slice(at + 1)
    if (!kind || key === '' || (kind === 'run' && !runColumn(key))) return []
    return [{ kind, key }]
  })
}

const FIRST_METRICS = 5
const FIRST_PARAMS = 5

/** What is shown while nobody has chosen: the first metrics and params, those of the machine last. */
export const firstColumns = (metrics: readonly string[], params: readonly string[]): Column[] => [
  ...(['status', 'started', 'duration'] as const).map((key) => ({ kind: 'run' as const, key })),
  ...metrics
    .toSorted(byImportance)
    .slice(0, FIRST_METRICS)
    .map((key) => ({ kind: 'metric' as const, key })),
  ...params.slice(0, FIRST_PARAMS).map((key) => ({ kind: 'param' as const, key })),
  { kind: 'run', key: 'user' },
]

/** What groups say something of comes first. */
export const metricsFirst = (columns: readonly Column[]): readonly Column[] =>
  columns.toSorted((a, b) => Number(isMetric(b.kind)) - Number(isMetric(a.kind)))

/** Which keys a search must bring for these columns. */
export function keysOf(columns: readonly Column[]): Pick<RunRowKeys, 'metrics' | 'params' | 'tags'> {
  const of = (...kinds: readonly ColumnKind[]) => [
    ...new Set(columns.filter(({ kind }) => kinds.includes(kind)).map(({ key }) => key)),
  ]
  return { metrics: of('metric', 'min', 'max', 'best-max', 'best-min'), params: of('param'), tags: of('tag') }
}

interface RunRowKeys {
  readonly metrics: string[]
  readonly params: string[]
  readonly tags: string[]
}

export function titleOf({ kind, key }: Column): string {
  if (kind === 'run') return runColumn(key)?.title ?? key
  if (isBest({ kind, key })) return `${key} (best)`
  return kind === 'min' || kind === 'max' ? `${key} (${kind})` : key
}

export const isBest = ({ kind }: Column): boolean => kind === 'best-max' || kind === 'best-min'

/** The best of a metric, by what its name says of it; the higher where that says nothing. */
export const bestOf = (metric: string): Column => ({
  kind: metricDirection(metric) === 'lower' ? 'best-min' : 'best-max',
  key: metric,
})

/** The best of the same metric, judged the other way round. */
export const otherBest = ({ kind, key }: Column): Column => ({
  kind: kind === 'best-max' ? 'best-min' : 'best-max',
  key,
})

/** What people are told of a column beyond its title. */
export function hintOf(column: Column): string {
  if (!isBest(column)) return titleOf(column)
  const [which, better] = column.kind === 'best-max' ? ['highest', 'higher'] : ['lowest', 'lower']
  return `${titleOf(column)}: the ${which} number of all steps, as ${better} is better`
}

export const widthOf = ({ kind, key }: Column): number => (kind === 'run' ? (runColumn(key)?.width ?? 120) : 132)

export const isNumeric = ({ kind, key }: Column): boolean => isMetric(kind) || (kind === 'run' && key === 'duration')

const isMetric = (kind: ColumnKind): boolean => kind !== 'run' && kind !== 'param' && kind !== 'tag'

/** The column's number of all that was logged of a metric. */
export function numberIn(summary: RunRow['metrics'][string] | undefined, kind: ColumnKind): Double | null | undefined {
  if (kind === 'min' || kind === 'best-min') return summary?.min
  return kind === 'max' || kind === 'best-max' ? summary?.max : summary?.last
}

/** What an order calls the column; undefined where the server has no order for it. */
export function sortField({ kind, key }: Column): string | undefined {
  switch (kind) {
    case 'run':
      return runColumn(key)?.field && `attributes.${runColumn(key)!.field}`
    case 'metric':
      return fieldName('metrics', key)
    case 'param':
      return fieldName('params', key)
    case 'tag':
      return fieldName('tags', key)
    case 'min':
    case 'max':
    case 'best-max':
    case 'best-min':
      return undefined
  }
}

/** What a run has in a column that is not one of `run`. */
export function valueText(run: Pick<RunRow, 'metrics' | 'params' | 'tags'>, { kind, key }: Column): string {
  switch (kind) {
    case 'metric':
    case 'min':
    case 'max':
    case 'best-max':
    case 'best-min':
      return doubleText(numberIn(run.metrics[key], kind))
    case 'param':
      return run.params[key] ?? '–'
    case 'tag':
      return run.tags[key] ?? '–'
    case 'run':
      return ''
  }
}
