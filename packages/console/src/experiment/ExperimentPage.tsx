import { ApiError } from '@evenkeel/client'
import type { ExperimentRow, Lifecycle } from '@evenkeel/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Button, Card, Empty, formatCount, Loaded, PageHead, SegmentedControl } from '../ui/index.ts'
import { ColumnChooser } from './ColumnChooser.tsx'
import { type Column, columnsOf, columnText, firstColumns, keysOf } from './columns.ts'
import css from './Experiments.module.css'
import { FilterField } from './FilterField.tsx'
import { FirstRun } from './FirstRun.tsx'
import { FolderPath } from './Folders.tsx'
import { MoveDialog } from './MoveDialog.tsx'
import { Picked } from './Picked.tsx'
import { experimentQuery, keysQuery, runCountQuery, type RunsWish } from './queries.ts'
import { RunTable } from './RunTable.tsx'
import { MOST_SELECTED } from './selection.ts'
import { useRuns } from './useRuns.ts'

/** Which change helped? */
export function ExperimentPage() {
  const { experiment: id } = useParams({ from: '/experiments/$experiment' })
  const experiment = useQuery({ ...experimentQuery(id), refetchInterval: useCounterIntervalMs() })
  const [moving, setMoving] = useState(false)
  const { data } = experiment
  return (
    <div className="ek-page">
      <PageHead
        title={data?.name ?? `Experiment ${id}`}
        kind="Experiment"
        note={<FolderPath folder={data?.folder ?? ''} />}
      >
        {data && <Button onClick={() => setMoving(true)}>Rename or move</Button>}
      </PageHead>
      <Loaded query={experiment} height={480}>
        {(found) => <Runs key={found.id} experiment={found} />}
      </Loaded>
      {moving && data && <MoveDialog experiment={data} onClose={() => setMoving(false)} />}
    </div>
  )
}

/** The columns that the address names, or those that are shown while nobody chose. */
function useColumns(experiment: string): readonly Column[] | undefined {
  const { columns } = useSearch({ from: '/experiments/$experiment' })
  const intervalMs = useCounterIntervalMs()
  const chosen = columns !== undefined
  const options = { enabled: !chosen, refetchInterval: intervalMs }
  const metrics = useInfiniteQuery({ ...keysQuery(experiment, 'metric'), ...options })
  const params = useInfiniteQuery({ ...keysQuery(experiment, 'param'), ...options })
  return useMemo(() => {
    if (columns) return columnsOf(columns)
    if (metrics.isPending || params.isPending) return undefined
    return firstColumns(metrics.data?.pages[0]?.items ?? [], params.data?.pages[0]?.items ?? [])
  }, [columns, metrics.data, metrics.isPending, params.data, params.isPending])
}

function Runs({ experiment }: { readonly experiment: ExperimentRow }) {
  const { lifecycle = 'active' } = useSearch({ from: '/experiments/$experiment' })
  const columns = useColumns(experiment.id)
  if (experiment.runs === 0 && lifecycle === 'active') return <NoRuns />
  return columns && <RunsCard experiment={experiment} columns={columns} lifecycle={lifecycle} />
}

function NoRuns() {
  const change = useChange()
  return (
    <>
      <FirstRun />
      <div>
        <Button kind="quiet" onClick={() => change({ lifecycle: 'deleted' })}>
          Show deleted runs
        </Button>
      </div>
    </>
  )
}

/** Changes what the address says, in place. */
function useChange() {
  const navigate = useNavigate({ from: '/experiments/$experiment' })
  return (next: {
    filter?: string | undefined
    order?: string | undefined
    columns?: string[] | undefined
    lifecycle?: Lifecycle | undefined
    selected?: string[] | undefined
  }) => void navigate({ search: (search) => ({ ...search, ...next }), replace: true, resetScroll: false })
}

interface RunsCardProps {
  readonly experiment: ExperimentRow
  readonly columns: readonly Column[]
  readonly lifecycle: Lifecycle
}

function RunsCard({ experiment, columns, lifecycle }: RunsCardProps) {
  const { filter = '', order, selected = [] } = useSearch({ from: '/experiments/$experiment' })
  const change = useChange()
  const [choosing, setChoosing] = useState(false)
  const wish: RunsWish = {
    experiments: [experiment.id],
    filter,
    lifecycle,
    orderBy: order === undefined ? [] : [order],
    ...keysOf(columns),
  }
  const { pages, rows, more, onView } = useRuns(wish)
  const refused =
    pages.error instanceof ApiError && pages.error.code === 'tracking.bad_filter' ? pages.error : undefined
  const select = (runs: readonly string[]) =>
    change({ selected: runs.length > 0 ? runs.slice(0, MOST_SELECTED) : undefined })
  return (
    <Card
      title={lifecycle === 'active' ? 'Runs' : 'Deleted runs'}
      note={<Count wish={wish} experiment={experiment} />}
      flush
    >
      <div className={css['bar']}>
        <FilterField
          filter={filter}
          refusal={refused?.why}
          onChange={(next) => change({ filter: next || undefined, selected: undefined })}
        />
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
        <Button onClick={() => setChoosing(true)}>Columns</Button>
      </div>
      {selected.length > 0 && (
        <Picked runs={selected} lifecycle={lifecycle} onClear={() => change({ selected: undefined })} />
      )}
      {!refused && (
        <Loaded query={pages} height={400}>
          {() =>
            rows.length === 0 ? (
              <Empty
                title={filter ? 'No run is like that.' : lifecycle === 'deleted' ? 'No run is deleted.' : 'No run yet.'}
              />
            ) : (
              <RunTable
                runs={rows}
                columns={columns}
                order={order}
                onOrder={(next) => change({ order: next })}
                selected={selected}
                onSelect={select}
                onNearEnd={more}
                onView={onView}
              />
            )
          }
        </Loaded>
      )}
      {choosing && (
        <ColumnChooser
          experiment={experiment.id}
          columns={columns}
          onChange={(next) => change({ columns: next?.map(columnText) })}
          onClose={() => setChoosing(false)}
        />
      )}
    </Card>
  )
}

function Count({ wish, experiment }: { readonly wish: RunsWish; readonly experiment: ExperimentRow }) {
  const { experiments, filter, lifecycle } = wish
  const { data } = useQuery({
    ...runCountQuery({ experiments, filter, lifecycle }),
    refetchInterval: useCounterIntervalMs(),
    retry: false,
  })
  if (!data) return ' '
  const found = formatCount(data.runs)
  if (filter && lifecycle === 'active') return `${found} of ${formatCount(experiment.runs)}`
  return experiment.running > 0 && lifecycle === 'active'
    ? `${found}, ${formatCount(experiment.running)} of them running`
    : found
}
