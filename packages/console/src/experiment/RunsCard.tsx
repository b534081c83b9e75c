import { ApiError } from '@evenkeel/client'
import type { ExperimentRow, Lifecycle } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Button, Card, Empty, formatCount, Loaded, SegmentedControl } from '../ui/index.ts'
import { ColumnChooser } from './ColumnChooser.tsx'
import { type Column, columnText, keysOf, metricsFirst } from './columns.ts'
import css from './Experiments.module.css'
import { FilterField } from './FilterField.tsx'
import { GroupedRuns } from './GroupedRuns.tsx'
import { GroupField } from './GroupField.tsx'
import { filterOfGroup } from './groups.ts'
import { Picked } from './Picked.tsx'
import { runCountQuery, type RunsWish } from './queries.ts'
import { RunTable, type RunTableLook } from './RunTable.tsx'
import { RunsCsv } from './RunsCsv.tsx'
import { MOST_SELECTED } from './selection.ts'
import { useRuns } from './useRuns.ts'
import type { Table } from './useTable.ts'
import { ViewMenu } from './ViewMenu.tsx'

/** Changes which runs the address is about, in place. */
export function useChange() {
  const navigate = useNavigate({ from: '/experiments/$experiment' })
  return (next: { lifecycle?: Lifecycle | undefined; selected?: string[] | undefined }) =>
    void navigate({ search: (search) => ({ ...search, ...next }), replace: true, resetScroll: false })
}

interface RunsCardProps {
  readonly experiment: ExperimentRow
  readonly columns: readonly Column[]
  readonly lifecycle: Lifecycle
  readonly table: Table
}

/** The table of the runs of an experiment, with everything that says which runs and columns it has. */
export function RunsCard({ experiment, columns: all, lifecycle, table }: RunsCardProps) {
  const { selected = [] } = useSearch({ from: '/experiments/$experiment' })
  const change = useChange()
  const { filter, orderBy, widthsPx, groupBy } = table.state
  const columns = groupBy !== '' && !table.state.columns ? metricsFirst(all) : all
  const wish: RunsWish = {
    experiments: [experiment.id],
    filter,
    lifecycle,
    orderBy: [...orderBy],
    ...keysOf(columns),
  }
  const look: RunTableLook = {
    columns,
    widthsPx,
    onResize: (column, widthPx) => table.change({ widthsPx: resized(widthsPx, column, widthPx) }),
    order: orderBy[0],
    onOrder: (order) => table.change({ orderBy: order === undefined ? [] : [order] }),
    selected,
    onSelect: (runs) => change({ selected: runs.length > 0 ? runs.slice(0, MOST_SELECTED) : undefined }),
  }
  const counted = useQuery({
    ...runCountQuery({ experiments: wish.experiments, filter, lifecycle }),
    refetchInterval: useCounterIntervalMs(),
    retry: false,
  })
  const refused =
    counted.error instanceof ApiError && counted.error.code === 'tracking.bad_filter' ? counted.error : undefined
  return (
    <Card
      title={lifecycle === 'active' ? 'Runs' : 'Deleted runs'}
      note={countText(counted.data?.runs, wish, experiment)}
      actions={
        <>
          <RunsCsv name={`runs of ${experiment.name}`} wish={wish} columns={columns} />
          <ViewMenu experiment={experiment.id} table={table} />
        </>
      }
      flush
    >
      <Bar experiment={experiment.id} columns={columns} lifecycle={lifecycle} table={table} refusal={refused?.why} />
      {selected.length > 0 && (
        <Picked runs={selected} lifecycle={lifecycle} onClear={() => change({ selected: undefined })} />
      )}
      {!refused && groupBy === '' && <PlainRuns wish={wish} look={look} />}
      {!refused && groupBy !== '' && (
        <GroupedRuns
          key={groupBy}
          wish={wish}
          groupBy={groupBy}
          counts={experiment}
          look={look}
          onAlone={({ value }) => table.change({ filter: filterOfGroup(filter, groupBy, value), groupBy: '' })}
        />
      )}
    </Card>
  )
}

/** Widths with one of them changed. */
function resized(
  widthsPx: Readonly<Record<string, number>>,
  column: string,
  widthPx: number | undefined,
): Record<string, number> {
  const { [column]: _, ...others } = widthsPx
  return widthPx === undefined ? others : { ...others, [column]: widthPx }
}

interface BarProps extends Pick<RunsCardProps, 'columns' | 'lifecycle' | 'table'> {
  readonly experiment: string
  /** Why the server refused the filter. */
  readonly refusal: string | undefined
}

function Bar({ experiment, columns, lifecycle, table, refusal }: BarProps) {
  const change = useChange()
  const [choosing, setChoosing] = useState(false)
  return (
    <div className={css['bar']}>
      <FilterField filter={table.state.filter} refusal={refusal} onChange={(filter) => table.change({ filter })} />
      <SegmentedControl
        aria-label="Which runs"
        size="xs"
        data={[
          { value: 'active', label: 'Runs' },
          { value: 'deleted', label: 'Deleted' },
        ]}
        value={lifecycle}
        onChange={(value) => change({ lifecycle: value === 'deleted' ? 'deleted' : undefined, selected: undefined })}
      />
      <GroupField
        experiment={experiment}
        groupBy={table.state.groupBy}
        onChange={(groupBy) => table.change({ groupBy })}
      />
      <Button onClick={() => setChoosing(true)}>Columns</Button>
      {choosing && (
        <ColumnChooser
          experiment={experiment}
          columns={columns}
          onChange={(next) => table.change({ columns: next?.map(columnText) })}
          onClose={() => setChoosing(false)}
        />
      )}
    </div>
  )
}

interface RunsProps {
  readonly wish: RunsWish
  readonly look: RunTableLook
}

function PlainRuns({ wish, look }: RunsProps) {
  const { pages, rows, more, onView } = useRuns(wish)
  return (
    <Loaded query={pages} height={400}>
      {() =>
        rows.length === 0 ? (
          <NoneFound wish={wish} />
        ) : (
          <RunTable runs={rows} onNearEnd={more} onView={onView} {...look} />
        )
      }
    </Loaded>
  )
}

const NoneFound = ({ wish: { filter, lifecycle } }: Pick<RunsProps, 'wish'>) => (
  <Empty title={filter ? 'No run is like that.' : lifecycle === 'deleted' ? 'No run is deleted.' : 'No run yet.'} />
)

function countText(runs: number | undefined, { filter, lifecycle }: RunsWish, experiment: ExperimentRow): string {
  if (runs === undefined) return ' '
  const found = formatCount(runs)
  if (filter && lifecycle === 'active') return `${found} of ${formatCount(experiment.runs)}`
  return experiment.running > 0 && lifecycle === 'active'
    ? `${found}, ${formatCount(experiment.running)} of them running`
    : found
}
