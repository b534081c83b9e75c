import type { RunRow } from '@evenkeel/contract'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { pathToTrackedRun } from '../shell/paths.ts'
import { useNowMs } from '../ui/clock.ts'
import type { GridColumn } from '../ui/DataGrid.tsx'
import { formatDuration, PageLink, StateWord, Time } from '../ui/index.ts'
import { type Column, columnText, hintOf, isNumeric, sortField, titleOf, valueText, widthOf } from './columns.ts'
import css from './Experiments.module.css'
import { directionOf, nextOrder } from './order.ts'
import { RUN_STATUSES } from './states.ts'

export interface ShownColumn extends GridColumn {
  readonly column: Column
}

/** The column that names the run, as widths know it. */
export const RUN_COLUMN = 'run:name'

interface Ordered {
  readonly order: string | undefined
  readonly onOrder: (order: string | undefined) => void
}

/** Columns as the grid draws them, with heads that sort. */
export const shownColumns = (
  columns: readonly Column[],
  widthsPx: Readonly<Record<string, number>>,
  { order, onOrder }: Ordered,
  usual: (column: Column) => number = widthOf,
): ShownColumn[] =>
  columns.map((column) => {
    const field = sortField(column)
    const key = columnText(column)
    return {
      key,
      name: titleOf(column),
      column,
      width: widthsPx[key] ?? usual(column),
      numeric: isNumeric(column),
      sorted: field === undefined ? undefined : directionOf(order, field),
      head: <Head column={column} field={field} order={order} onOrder={onOrder} />,
    }
  })

interface HeadProps extends Ordered {
  readonly column: Column
  readonly field: string | undefined
}

function Head({ column, field, order, onOrder }: HeadProps) {
  const [title, hint] = [titleOf(column), hintOf(column)]
  if (field === undefined) return <span title={hint}>{title}</span>
  const direction = directionOf(order, field)
  return (
    <button type="button" className={css['head']} title={hint} onClick={() => onOrder(nextOrder(order, field))}>
      <span>{title}</span>
      {direction === 'descending' && <IconArrowDown size={13} aria-hidden="true" />}
      {direction === 'ascending' && <IconArrowUp size={13} aria-hidden="true" />}
    </button>
  )
}

interface RunHeadProps {
  readonly run: RunRow
  readonly chosen: boolean
  readonly onToggle: (range: boolean) => void
}

/** The name of a run, with the box that selects it. */
export function RunHead({ run: { id, name, experimentId }, chosen, onToggle }: RunHeadProps) {
  return (
    <span className={css['run']}>
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        data-select
        checked={chosen}
        onChange={({ nativeEvent }) => onToggle('shiftKey' in nativeEvent && nativeEvent.shiftKey === true)}
      />
      <PageLink href={pathToTrackedRun(experimentId, id)} data-row title={name}>
        {name}
      </PageLink>
    </span>
  )
}

/** What a run has in a column. */
export function RunCell({ run, column }: { readonly run: RunRow; readonly column: Column }) {
  if (column.kind !== 'run') {
    const text = valueText(run, column)
    return <span title={text}>{text}</span>
  }
  switch (column.key) {
    case 'status':
      return <StateWord state={RUN_STATUSES[run.status].mark}>{RUN_STATUSES[run.status].word}</StateWord>
    case 'started':
      return <Time at={new Date(run.startedMs).toISOString()} />
    case 'duration':
      return <Duration run={run} />
    case 'id':
      return <code>{run.id}</code>
    default:
      return <span title={run.userId}>{run.userId || '–'}</span>
  }
}

/** How long a run took, or has taken so far. */
export function Duration({ run: { startedMs, endedMs } }: { readonly run: Pick<RunRow, 'startedMs' | 'endedMs'> }) {
  const nowMs = useNowMs()
  return formatDuration((endedMs ?? nowMs) - startedMs)
}
