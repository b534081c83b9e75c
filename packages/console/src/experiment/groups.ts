import type { MetricOfGroup, ResultOf, RunRow, trackedRuns } from '@evenkeel/contract'
import { type Column, isNumeric } from './columns.ts'
import { fieldName } from './keys.ts'
import { directionOf } from './order.ts'
import { type Double, doubleText } from './values.ts'

export type RunGroup = ResultOf<typeof trackedRuns.aggregate>['groups'][number]

/** What runs are grouped by, as the address names it, and as people do. */
export interface GroupChoice {
  readonly value: string
  readonly label: string
}

/** What every run has and groups make sense by. */
export const RUN_GROUPS: readonly GroupChoice[] = [
  { value: 'status', label: 'Status' },
  { value: 'user_id', label: 'User' },
]

/** Params or tags as choices; a key that the language cannot name is none. */
export const choicesOf = (entity: 'params' | 'tags', keys: readonly string[]): GroupChoice[] =>
  keys.flatMap((key) => {
    const value = fieldName(entity, key)
    return value ? [{ value, label: key }] : []
  })

/** `params.optimizer` as people call it. */
export function labelOf(groupBy: string): string {
  const known = RUN_GROUPS.find(({ value }) => value === groupBy)
  return known?.label ?? groupBy.replace(/^(params|tags|attributes)\.(["'`]?)(.*)\2$/s, '$3')
}

/** What tells one group from another: runs without the key are one, too. */
export const groupId = ({ value }: Pick<RunGroup, 'value'>): string => (value === null ? '' : `=${value}`)

/** A filter that finds the runs of a group among those of `filter`. */
export function filterOfGroup(filter: string, groupBy: string, value: string | null): string {
  // In a list a backslash escapes, so every text can be written.
  const clause =
    value === null ? `${groupBy} IS NULL` : `${groupBy} IN ('${value.replace(/[\\']/g, (char) => `\\${char}`)}')`
  return filter.trim() === '' ? clause : `(${filter}) AND ${clause}`
}

/** The groups in the order of a column: by the mean of a metric, or by what they are grouped by; else the largest first. */
export function sortGroups(
  groups: readonly RunGroup[],
  order: string | undefined,
  groupBy: string,
): readonly RunGroup[] {
  const metric = Object.keys(groups[0]?.metrics ?? {}).find((key) =>
    directionOf(order, fieldName('metrics', key) ?? ''),
  )
  const field = metric === undefined ? groupBy : fieldName('metrics', metric)!
  const direction = directionOf(order, field) ?? directionOf(order, `attributes.${groupBy}`)
  if (!direction) return groups
  const keyOf = ({ value, metrics }: RunGroup) => (metric === undefined ? value : numberOf(metrics[metric]?.mean))
  return groups.toSorted((a, b) => compare(keyOf(a), keyOf(b), direction === 'descending' ? -1 : 1))
}

const numberOf = (value: Double | null | undefined) => (value === null || value === undefined ? null : Number(value))

/** What is missing comes last, whichever the direction. */
function compare(a: string | number | null, b: string | number | null, sign: 1 | -1): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true })
}

interface GroupText {
  readonly text: string
  /** From the least to the greatest, where they differ. */
  readonly range: string
  readonly hint: string
}

const NOTHING: GroupText = { text: '', range: '', hint: '' }

/** What a group has in a column of a metric: the mean of the newest values, or the lowest or highest of all. */
export function groupText({ metrics }: RunGroup, column: Column): GroupText {
  if (!isNumeric(column) || column.kind === 'run') return NOTHING
  const metric = metrics[column.key]
  if (!metric) return { text: '–', range: '', hint: 'Not one of the first 50 metrics, which are summed up for groups.' }
  if (column.kind === 'min' || column.kind === 'best-min') return extreme(metric.least, 'lowest')
  if (column.kind === 'max' || column.kind === 'best-max') return extreme(metric.greatest, 'highest')
  return meanText(metric)
}

function extreme(value: Double | null, which: string): GroupText {
  const text = doubleText(value)
  return { text, range: '', hint: value === null ? 'No run has it.' : `the ${which} of all runs: ${text}` }
}

function meanText({ mean, min, max, count }: MetricOfGroup): GroupText {
  const [text, least, greatest] = [mean, min, max].map(doubleText) as [string, string, string]
  if (count === 0) return { text, range: '', hint: 'No run of the group has a number.' }
  const range = least === greatest ? '' : `${least} to ${greatest}`
  return { text, range, hint: `mean ${text}, min ${least}, max ${greatest}, of ${count} runs` }
}

/** A row of the table: a group, a run of one that is open, or what is said below these. */
export type GroupedRow =
  | { readonly kind: 'group'; readonly id: string; readonly group: RunGroup; readonly open: boolean }
  | { readonly kind: 'run'; readonly id: string; readonly run: RunRow }
  | { readonly kind: 'wait'; readonly id: string; readonly group: RunGroup; readonly error: Error | null }
  | { readonly kind: 'rest'; readonly id: string; readonly group: RunGroup; readonly shown: number }

/** What is known of the runs of an open group. */
export interface OpenGroup {
  readonly runs: readonly RunRow[] | undefined
  /** There are more than these. */
  readonly more: boolean
  readonly error: Error | null
}

/** Groups, and below each open one its runs, as rows of one table. */
export function rowsOf(groups: readonly RunGroup[], open: ReadonlyMap<string, OpenGroup>): GroupedRow[] {
  return groups.flatMap((group): GroupedRow[] => {
    const id = groupId(group)
    const opened = open.get(id)
    const head = { kind: 'group', id: `group ${id}`, group, open: opened !== undefined } as const
    if (!opened) return [head]
    const { runs, more, error } = opened
    if (!runs) return [head, { kind: 'wait', id: `wait ${id}`, group, error }]
    const below = runs.map((run) => ({ kind: 'run', id: `run ${run.id}`, run }) as const)
    return [head, ...below, ...(more ? [{ kind: 'rest', id: `rest ${id}`, group, shown: runs.length } as const] : [])]
  })
}
