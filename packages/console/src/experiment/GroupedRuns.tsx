import type { RunRow } from '@evenkeel/contract'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { DataGrid } from '../ui/DataGrid.tsx'
import { Empty, formatCount, Loaded } from '../ui/index.ts'
import { type Column, isNumeric, widthOf } from './columns.ts'
import css from './Experiments.module.css'
import { type GroupedRow, groupText, labelOf, type RunGroup } from './groups.ts'
import type { RunsWish } from './queries.ts'
import { RUN_COLUMN, RunCell, RunHead, shownColumns } from './RunCells.tsx'
import { type RunTableLook, TABLE_HEIGHT, usePinnedWidth, useSelect } from './RunTable.tsx'
import { MOST_OF_GROUP, useGroups } from './useGroups.ts'

interface GroupedRunsProps {
  readonly wish: RunsWish
  readonly groupBy: string
  /** Of the experiment; when they change, groups are counted again. */
  readonly counts: { readonly runs: number; readonly running: number }
  readonly look: RunTableLook
  /** Shows the runs of a group as a table of their own. */
  readonly onAlone: (group: RunGroup) => void
}

/** Room for a mean and its range. */
const NUMBERS_PX = 210
const usualWidth = (column: Column) => (column.kind === 'metric' ? NUMBERS_PX : widthOf(column))

/** Groups of runs with what their metrics come to; an open one has its runs below it. */
export function GroupedRuns({ wish, groupBy, counts, look, onAlone }: GroupedRunsProps) {
  const { query, rows, toggle, more } = useGroups(wish, groupBy, counts)
  return (
    <Loaded query={query} height={400}>
      {(data) =>
        rows.length === 0 ? (
          <Empty title={wish.filter ? 'No run is like that.' : 'No run yet.'} />
        ) : (
          <>
            <Grid rows={rows} groupBy={groupBy} look={look} onToggle={toggle} onMore={more} onAlone={onAlone} />
            <p className={css['count']}>
              Of a metric, a group has the mean of the newest values, and in brackets from the least to the greatest.
              {data.more && ' Only the 1,000 largest groups are here.'}
            </p>
          </>
        )
      }
    </Loaded>
  )
}

interface GridProps extends Pick<GroupedRunsProps, 'groupBy' | 'look' | 'onAlone'> {
  readonly rows: readonly GroupedRow[]
  readonly onToggle: (group: RunGroup) => void
  readonly onMore: (group: RunGroup) => void
}

function Grid({ rows, groupBy, look, ...does }: GridProps) {
  const { columns, widthsPx, selected, onResize } = look
  const usual = usePinnedWidth()
  const chosen = new Set(selected)
  const runAt = (row: number): RunRow | undefined => {
    const one = rows[row]!
    return one.kind === 'run' ? one.run : undefined
  }
  const select = useSelect(
    rows.flatMap((row) => (row.kind === 'run' ? [row.run.id] : [])),
    look,
  )
  const head = (row: GroupedRow) =>
    row.kind === 'run' ? (
      <span className={css['inGroup']}>
        <RunHead run={row.run} chosen={chosen.has(row.run.id)} onToggle={(range) => select(row.run.id, range)} />
      </span>
    ) : (
      <GroupHead row={row} {...does} />
    )
  return (
    <DataGrid
      label="Runs"
      maxHeight={TABLE_HEIGHT}
      pinned={{ key: RUN_COLUMN, name: 'Run', width: widthsPx[RUN_COLUMN] ?? usual, head: labelOf(groupBy) }}
      columns={shownColumns(columns, widthsPx, look, usualWidth)}
      rowCount={rows.length}
      rowKey={(row) => rows[row]!.id}
      isMarked={(row) => chosen.has(runAt(row)?.id ?? '')}
      rowHead={(row) => head(rows[row]!)}
      cell={(row, { column }) => <Cell row={rows[row]!} column={column} />}
      onResize={onResize}
    />
  )
}

interface GroupHeadProps extends Pick<GridProps, 'onToggle' | 'onMore' | 'onAlone'> {
  readonly row: Exclude<GroupedRow, { kind: 'run' }>
}

function GroupHead({ row, onToggle, onMore, onAlone }: GroupHeadProps) {
  const { group } = row
  switch (row.kind) {
    case 'group':
      return <GroupName group={group} open={row.open} onToggle={() => onToggle(group)} />
    case 'wait':
      return (
        <span className={css['inGroup']} title={row.error?.message}>
          {row.error ? 'The runs could not be read.' : 'Reading…'}
        </span>
      )
    case 'rest': {
      const all = row.shown >= MOST_OF_GROUP
      return (
        <span className={css['inGroup']}>
          <button type="button" className="ek-more" data-row onClick={() => (all ? onAlone(group) : onMore(group))}>
            {all ? `All ${formatCount(group.runs)} as a table` : `More of ${formatCount(group.runs)}`}
          </button>
        </span>
      )
    }
  }
}

interface GroupNameProps {
  readonly group: RunGroup
  readonly open: boolean
  readonly onToggle: () => void
}

function GroupName({ group: { value, runs }, open, onToggle }: GroupNameProps) {
  const name = value === null ? 'has none' : value === '' ? 'empty' : value
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <button type="button" className={css['group']} aria-expanded={open} data-row title={name} onClick={onToggle}>
      <Chevron size={14} aria-hidden="true" />
      <span className={css['groupName']} data-odd={!value || undefined}>
        {name}
      </span>
      <span className={css['groupCount']}>
        {formatCount(runs)} {runs === 1 ? 'run' : 'runs'}
      </span>
    </button>
  )
}

function Cell({ row, column }: { readonly row: GroupedRow; readonly column: Column }) {
  if (row.kind === 'run') return <RunCell run={row.run} column={column} />
  if (row.kind !== 'group' || !isNumeric(column)) return null
  const { text, range, hint } = groupText(row.group, column)
  return (
    <span title={hint}>
      {text}
      {range && <span className={css['range']}> ({range})</span>}
    </span>
  )
}
