import type { RunRow } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { CurveControls } from '../curve/CurveControls.tsx'
import { CurveGrid } from '../curve/CurveGrid.tsx'
import { type CurveSearch, curveSearchOf, curveViewOf } from '../curve/curve-search.ts'
import type { CurveRun } from '../curve/MetricCurve.tsx'
import { byImportance } from '../experiment/keys.ts'
import { theseRunsQuery } from '../experiment/queries.ts'
import { isOpen } from '../experiment/states.ts'
import { countRuns } from '../experiment/useRemove.ts'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Card, Empty, LinkButton, Loaded, PageHead, Switch, TextInput } from '../ui/index.ts'
import { Differences } from './Differences.tsx'
import { Relations } from './Relations.tsx'
import { COLOURS, RunLegend } from './RunLegend.tsx'

const MOST = 100
const EVERYTHING = { lifecycle: 'active', metrics: 'all', params: 'all', tags: 'all' } as const

interface CompareSearch extends CurveSearch {
  readonly runs?: string | undefined
  readonly baseline?: string | undefined
  readonly all?: boolean | undefined
  readonly axes?: string[]
  readonly x?: string
  readonly y?: string
}

/** Changes what the address says, in place. */
function useChange() {
  const navigate = useNavigate({ from: '/compare' })
  return (next: CompareSearch) =>
    void navigate({ search: (search) => ({ ...search, ...next }), replace: true, resetScroll: false })
}

/** Which change helped, and what else was different? */
export function ComparePage() {
  const { runs: wanted = '' } = useSearch({ from: '/compare' })
  const ids = [...new Set(wanted.split(',').filter(Boolean))].slice(0, MOST)
  const intervalMs = useCounterIntervalMs()
  const runs = useQuery({
    ...theseRunsQuery(EVERYTHING, ids),
    enabled: ids.length > 0,
    refetchInterval: ({ state }) => state.data?.items.some(({ status }) => isOpen(status)) === true && intervalMs,
  })
  return (
    <div className="ek-page">
      <PageHead title="Compare runs" note={countRuns(ids.length)} />
      {ids.length === 0 ? (
        <Empty title="Choose runs of an experiment to compare them.">
          <LinkButton href="/experiments" kind="primary">
            Go to the experiments
          </LinkButton>
        </Empty>
      ) : (
        <Loaded query={runs} height={560}>
          {({ items }) => <Found ids={ids} found={items} />}
        </Loaded>
      )}
    </div>
  )
}

interface FoundProps {
  readonly ids: readonly string[]
  readonly found: readonly RunRow[]
}

function Found({ ids, found }: FoundProps) {
  const runs = useMemo(() => {
    const of = new Map(found.map((run) => [run.id, run]))
    return ids.flatMap((id) => of.get(id) ?? [])
  }, [ids, found])
  if (runs.length === 0) return <Empty title="None of these runs is there; they may have been deleted." />
  return <Compared runs={runs} missing={ids.length - runs.length} />
}

function Compared({ runs, missing }: { readonly runs: readonly RunRow[]; readonly missing: number }) {
  const { baseline, all = false, axes, x, y, charts } = useSearch({ from: '/compare' })
  const change = useChange()
  const first = runs.find(({ id }) => id === baseline) ?? runs[0]!
  const ordered = [first, ...runs.filter((run) => run !== first)]
  const drawn = runs.map(({ id, name, startedMs }, i): CurveRun => ({
    id,
    name,
    startedMs,
    colour: Math.min(i, COLOURS),
  }))
  return (
    <>
      {missing > 0 && <p className="ek-dim">{missing} more were asked for and are not there; they may be deleted.</p>}
      <Switch
        label="Show what is the same, too"
        checked={all}
        onChange={({ currentTarget }) => change({ all: currentTarget.checked || undefined })}
      />
      <Differences
        runs={ordered}
        everything={all}
        onBaseline={(id) => change({ baseline: id })}
        onRemove={(id) =>
          change({ runs: runs.flatMap((run) => (run.id === id ? [] : [run.id])).join(',') || undefined })
        }
      />
      <Curves runs={runs} drawn={drawn} />
      <Relations runs={runs} drawn={drawn} axes={axes} x={x} y={y} asTable={charts === 'table'} onChange={change} />
    </>
  )
}

interface CurvesProps {
  readonly runs: readonly RunRow[]
  readonly drawn: readonly CurveRun[]
}

function Curves({ runs, drawn }: CurvesProps) {
  const view = curveViewOf(useSearch({ from: '/compare' }))
  const change = useChange()
  const [text, setText] = useState('')
  const names = runs.flatMap(({ metrics }) => Object.keys(metrics).filter((key) => metrics[key]!.count > 1))
  const metrics = [...new Set(names)].toSorted(byImportance)
  if (metrics.length === 0) return null
  return (
    <Card
      title="Curves"
      note="Of every metric with more than one point."
      actions={
        <>
          <TextInput
            aria-label="Search metrics"
            placeholder="A part of the name"
            size="xs"
            data-search
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
          <CurveControls view={view} onChange={(next) => change(curveSearchOf({ ...view, ...next }))} />
        </>
      }
    >
      <RunLegend runs={drawn} />
      <CurveGrid
        metrics={metrics.filter((name) => name.toLowerCase().includes(text.trim().toLowerCase()))}
        runs={drawn}
        open={runs.some(({ status }) => isOpen(status))}
        view={view}
      />
    </Card>
  )
}
