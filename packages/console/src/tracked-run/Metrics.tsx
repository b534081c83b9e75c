import type { RunDetail } from '@evenkeel/contract'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { curveSearchOf, curveViewOf } from '../curve/curve-search.ts'
import { CurveControls } from '../curve/CurveControls.tsx'
import { CurveGrid } from '../curve/CurveGrid.tsx'
import { byImportance } from '../experiment/keys.ts'
import { isOpen } from '../experiment/states.ts'
import { doubleText } from '../experiment/values.ts'
import { DataGrid } from '../ui/DataGrid.tsx'
import { Card, Empty, formatCount, TextInput } from '../ui/index.ts'

/** With fewer, a search is in the way. */
const SEARCHED = 8

/** What a run measured: the newest, least and greatest of each metric, and how it went. */
export function Metrics({ run }: { readonly run: RunDetail }) {
  const [text, setText] = useState('')
  const all = useMemo(() => Object.keys(run.metrics).toSorted(byImportance), [run.metrics])
  const names = all.filter((name) => name.toLowerCase().includes(text.trim().toLowerCase()))
  if (all.length === 0) {
    return (
      <Card title="Metrics">
        <Empty title={isOpen(run.status) ? 'Nothing was measured yet.' : 'Nothing was measured.'} />
      </Card>
    )
  }
  return (
    <>
      <Card
        title="Metrics"
        note={formatCount(all.length)}
        flush
        actions={
          all.length > SEARCHED && (
            <TextInput
              aria-label="Search metrics"
              placeholder="A part of the name"
              size="xs"
              data-search
              value={text}
              onChange={({ currentTarget }) => setText(currentTarget.value)}
            />
          )
        }
      >
        {names.length === 0 ? <Empty title="Nothing is called so." /> : <MetricTable run={run} names={names} />}
      </Card>
      <Curves run={run} names={names} />
    </>
  )
}

interface NamedProps {
  readonly run: RunDetail
  readonly names: readonly string[]
}

const COLUMNS = [
  { key: 'last', head: 'Last', width: 120, numeric: true },
  { key: 'min', head: 'Min', width: 120, numeric: true },
  { key: 'max', head: 'Max', width: 120, numeric: true },
  { key: 'lastStep', head: 'Step', width: 110, numeric: true },
  { key: 'count', head: 'Points', width: 110, numeric: true },
] as const

function MetricTable({ run: { metrics }, names }: NamedProps) {
  const cell = (name: string, key: (typeof COLUMNS)[number]['key']) => {
    const summary = metrics[name]!
    if (key === 'lastStep') return String(summary.lastStep)
    if (key === 'count') return formatCount(summary.count)
    return <span title={String(summary[key])}>{doubleText(summary[key])}</span>
  }
  return (
    <DataGrid
      label="Metrics"
      maxHeight={420}
      pinned={{ key: 'name', head: 'Metric', width: 220 }}
      columns={COLUMNS}
      rowCount={names.length}
      rowKey={(row) => names[row]!}
      rowHead={(row) => <span title={names[row]!}>{names[row]!}</span>}
      cell={(row, { key }) => cell(names[row]!, key)}
    />
  )
}

function Curves({ run, names }: NamedProps) {
  const search = useSearch({ from: '/experiments/$experiment/runs/$run' })
  const navigate = useNavigate({ from: '/experiments/$experiment/runs/$run' })
  const drawn = names.filter((name) => run.metrics[name]!.count > 1)
  const runs = useMemo(
    () => [{ id: run.id, name: run.name, startedMs: run.startedMs, colour: 0 }],
    [run.id, run.name, run.startedMs],
  )
  const view = curveViewOf(search)
  if (drawn.length === 0) return null
  return (
    <Card
      title="Curves"
      note="Of every metric with more than one point."
      actions={
        <CurveControls
          view={view}
          onChange={(next) =>
            void navigate({
              search: (before) => ({ ...before, ...curveSearchOf({ ...view, ...next }) }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      <CurveGrid metrics={drawn} runs={runs} open={isOpen(run.status)} view={view} />
    </Card>
  )
}
