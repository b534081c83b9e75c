import type { RunRow } from '@evenkeel/contract'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useRef } from 'react'
import { pathToTrackedRun } from '../shell/paths.ts'
import { useNowMs } from '../ui/clock.ts'
import { DataGrid, type GridColumn } from '../ui/DataGrid.tsx'
import { formatDuration, PageLink, StateWord, Time, useMediaQuery } from '../ui/index.ts'
import type { Span } from '../ui/window.ts'
import { type Column, columnText, isNumeric, sortField, titleOf, valueText, widthOf } from './columns.ts'
import css from './Experiments.module.css'
import { directionOf, nextOrder } from './order.ts'
import { toggled } from './selection.ts'
import { RUN_STATUSES } from './states.ts'

interface RunTableProps {
  readonly runs: readonly RunRow[]
  readonly columns: readonly Column[]
  readonly order: string | undefined
  readonly onOrder: (order: string | undefined) => void
  readonly selected: readonly string[]
  readonly onSelect: (runs: readonly string[]) => void
  readonly onNearEnd: () => void
  readonly onView: (rows: Span) => void
}

interface ShownColumn extends GridColumn {
  readonly column: Column
}

/** Runs as rows, with the chosen columns. */
export function RunTable({ runs, columns, order, onOrder, selected, onSelect, onNearEnd, onView }: RunTableProps) {
  const narrow = useMediaQuery('(max-width: 640px)')
  const chosen = new Set(selected)
  const last = useRef<string>(undefined)
  const shown = columns.map((column): ShownColumn => {
    const field = sortField(column)
    return {
      key: columnText(column),
      column,
      width: widthOf(column),
      numeric: isNumeric(column),
      sorted: field === undefined ? undefined : directionOf(order, field),
      head: <Head title={titleOf(column)} field={field} order={order} onOrder={onOrder} />,
    }
  })
  const ids = runs.map(({ id }) => id)
  const select = (id: string, range: boolean) => {
    onSelect(toggled(selected, ids, id, range ? last.current : undefined))
    last.current = id
  }
  return (
    <DataGrid
      label="Runs"
      maxHeight={620}
      pinned={{
        key: 'run',
        width: narrow ? 170 : 270,
        head: <SelectAll ids={ids} selected={selected} onSelect={onSelect} />,
      }}
      columns={shown}
      rowCount={runs.length}
      rowKey={(row) => ids[row]!}
      isMarked={(row) => chosen.has(ids[row]!)}
      rowHead={(row) => (
        <RunHead run={runs[row]!} chosen={chosen.has(ids[row]!)} onToggle={(range) => select(ids[row]!, range)} />
      )}
      cell={(row, { column }) => <Cell run={runs[row]!} column={column} />}
      onNearEnd={onNearEnd}
      onView={onView}
    />
  )
}

interface HeadProps extends Pick<RunTableProps, 'order' | 'onOrder'> {
  readonly title: string
  readonly field: string | undefined
}

function Head({ title, field, order, onOrder }: HeadProps) {
  if (field === undefined) return <span title={title}>{title}</span>
  const direction = directionOf(order, field)
  return (
    <button type="button" className={css['head']} title={title} onClick={() => onOrder(nextOrder(order, field))}>
      <span>{title}</span>
      {direction === 'descending' && <IconArrowDown size={13} aria-hidden="true" />}
      {direction === 'ascending' && <IconArrowUp size={13} aria-hidden="true" />}
    </button>
  )
}

interface SelectAllProps extends Pick<RunTableProps, 'selected' | 'onSelect'> {
  readonly ids: readonly string[]
}

function SelectAll({ ids, selected, onSelect }: SelectAllProps) {
  const some = selected.length > 0
  return (
    <span className={css['run']}>
      <input
        type="checkbox"
        aria-label={some ? 'Select none' : 'Select all that are shown, at most 100'}
        checked={some}
        onChange={() => onSelect(some ? [] : ids)}
      />
      Run
    </span>
  )
}

interface RunHeadProps {
  readonly run: RunRow
  readonly chosen: boolean
  readonly onToggle: (range: boolean) => void
}

function RunHead({ run: { id, name, experimentId }, chosen, onToggle }: RunHeadProps) {
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

function Cell({ run, column }: { readonly run: RunRow; readonly column: Column }) {
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
