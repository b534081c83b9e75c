import type { ExperimentRow } from '@evenkeel/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Button, Loaded, PageHead } from '../ui/index.ts'
import { type Column, columnsOf, firstColumns } from './columns.ts'
import { FirstRun } from './FirstRun.tsx'
import { FolderPath } from './Folders.tsx'
import { MoveDialog } from './MoveDialog.tsx'
import { experimentQuery, keysQuery } from './queries.ts'
import { RunsCard, useChange } from './RunsCard.tsx'
import { type Table, useTable } from './useTable.ts'

/** Which change helped? */
export function ExperimentPage() {
  const { experiment: id } = useParams({ from: '/experiments/$experiment' })
  const experiment = useQuery({ ...experimentQuery(id), refetchInterval: useCounterIntervalMs() })
  const table = useTable(id)
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
        {(found) => table && <Runs key={found.id} experiment={found} table={table} />}
      </Loaded>
      {moving && data && <MoveDialog experiment={data} onClose={() => setMoving(false)} />}
    </div>
  )
}

/** The columns that were chosen, or those that are shown while nobody chose. */
function useColumns(experiment: string, chosen: readonly string[] | undefined): readonly Column[] | undefined {
  const intervalMs = useCounterIntervalMs()
  const options = { enabled: chosen === undefined, refetchInterval: intervalMs }
  const metrics = useInfiniteQuery({ ...keysQuery(experiment, 'metric'), ...options })
  const params = useInfiniteQuery({ ...keysQuery(experiment, 'param'), ...options })
  return useMemo(() => {
    if (chosen) return columnsOf(chosen)
    if (metrics.isPending || params.isPending) return undefined
    return firstColumns(metrics.data?.pages[0]?.items ?? [], params.data?.pages[0]?.items ?? [])
  }, [chosen, metrics.data, metrics.isPending, params.data, params.isPending])
}

interface RunsProps {
  readonly experiment: ExperimentRow
  readonly table: Table
}

function Runs({ experiment, table }: RunsProps) {
  const { lifecycle = 'active' } = useSearch({ from: '/experiments/$experiment' })
  const columns = useColumns(experiment.id, table.state.columns)
  if (experiment.runs === 0 && lifecycle === 'active') return <NoRuns />
  return columns && <RunsCard experiment={experiment} columns={columns} lifecycle={lifecycle} table={table} />
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
