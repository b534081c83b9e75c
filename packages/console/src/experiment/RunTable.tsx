import type { RunRow } from '@evenkeel/contract'
import { useRef } from 'react'
import { DataGrid } from '../ui/DataGrid.tsx'
import { useMediaQuery } from '../ui/index.ts'
import type { Span } from '../ui/window.ts'
import type { Column } from './columns.ts'
import css from './Experiments.module.css'
import { RUN_COLUMN, RunCell, RunHead, shownColumns } from './RunCells.tsx'
import { toggled } from './selection.ts'

/** How a table of runs is looked at and changed, grouped or not. */
export interface RunTableLook {
  readonly columns: readonly Column[]
  readonly widthsPx: Readonly<Record<string, number>>
  readonly onResize: (column: string, widthPx: number | undefined) => void
  readonly order: string | undefined
  readonly onOrder: (order: string | undefined) => void
  readonly selected: readonly string[]
  readonly onSelect: (runs: readonly string[]) => void
}

interface RunTableProps extends RunTableLook {
  readonly runs: readonly RunRow[]
  readonly onNearEnd: () => void
  readonly onView: (rows: Span) => void
}

/** Height of a table of runs, in pixels. */
export const TABLE_HEIGHT = 620

/** Runs as rows, with the chosen columns. */
export function RunTable({ runs, columns, widthsPx, onNearEnd, onView, ...look }: RunTableProps) {
  const { selected, onSelect, onResize } = look
  const chosen = new Set(selected)
  const ids = runs.map(({ id }) => id)
  const select = useSelect(ids, look)
  const usual = usePinnedWidth()
  return (
    <DataGrid
      label="Runs"
      maxHeight={TABLE_HEIGHT}
      pinned={{
        key: RUN_COLUMN,
        name: 'Run',
        width: widthsPx[RUN_COLUMN] ?? usual,
        head: <SelectAll ids={ids} selected={selected} onSelect={onSelect} />,
      }}
      columns={shownColumns(columns, widthsPx, look)}
      rowCount={runs.length}
      rowKey={(row) => ids[row]!}
      isMarked={(row) => chosen.has(ids[row]!)}
      rowHead={(row) => (
        <RunHead run={runs[row]!} chosen={chosen.has(ids[row]!)} onToggle={(range) => select(ids[row]!, range)} />
      )}
      cell={(row, { column }) => <RunCell run={runs[row]!} column={column} />}
      onNearEnd={onNearEnd}
      onView={onView}
      onResize={onResize}
    />
  )
}

/** Of the column that stays at the left, in pixels. */
export const usePinnedWidth = (): number => (useMediaQuery('(max-width: 640px)') ? 170 : 270)

/** Selects a run, or all from the one before to it. */
export function useSelect(
  shown: readonly string[],
  { selected, onSelect }: Pick<RunTableLook, 'selected' | 'onSelect'>,
): (id: string, range: boolean) => void {
  const last = useRef<string>(undefined)
  return (id, range) => {
    onSelect(toggled(selected, shown, id, range ? last.current : undefined))
    last.current = id
  }
}

interface SelectAllProps extends Pick<RunTableLook, 'selected' | 'onSelect'> {
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
