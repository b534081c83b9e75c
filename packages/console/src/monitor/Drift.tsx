import type { Monitor, MonitorWindow } from '@evenkeel/contract'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Card, Empty, SegmentedControl } from '../ui/index.ts'
import { Comparison } from './Comparison.tsx'
import css from './Drift.module.css'
import { type DriftRow, driftRows } from './drift-grid.ts'
import { DriftTable } from './DriftTable.tsx'
import { HeatMap } from './HeatMap.tsx'

interface DriftProps {
  readonly monitor: Monitor
  /** Oldest first, not empty. */
  readonly windows: readonly MonitorWindow[]
}

/** How far each feature lies from its training data, week by week. */
export function Drift({ monitor, windows }: DriftProps) {
  const { view = 'map', window, feature } = useSearch({ from: '/monitors/$monitor' })
  const navigate = useNavigate({ from: '/monitors/$monitor' })
  const [wanted, setWanted] = useState('')
  const rows = driftRows(windows).filter(({ feature: name }) => name.toLowerCase().includes(wanted.toLowerCase()))
  const change = (next: { view?: 'map' | 'table'; window?: string | undefined; feature?: string | undefined }) =>
    void navigate({ search: (search) => ({ ...search, ...next }), replace: true, resetScroll: false })
  const chosen = windows.find(({ start }) => start === window)

  return (
    <Card
      title="Drift"
      note={`Distance from the training data in units of the threshold (${monitor.spec.drift.threshold}); drift × importance first.`}
      actions={<Tools wanted={wanted} onWanted={setWanted} view={view} onView={(next) => change({ view: next })} />}
      flush
    >
      <Grid rows={rows} windows={windows} view={view} selected={{ window, feature }} onSelect={change} />
      {chosen && feature !== undefined && (
        <Comparison
          monitor={monitor.name}
          window={chosen}
          feature={feature}
          onClose={() => change({ window: undefined, feature: undefined })}
        />
      )}
    </Card>
  )
}

interface GridProps {
  readonly rows: readonly DriftRow[]
  readonly windows: readonly MonitorWindow[]
  readonly view: 'map' | 'table'
  readonly selected: { readonly window: string | undefined; readonly feature: string | undefined }
  readonly onSelect: (cell: { window: string; feature: string }) => void
}

function Grid({ view, ...grid }: GridProps) {
  if (grid.rows.length === 0) return <Empty title="No feature has this in its name." />
  return view === 'map' ? <HeatMap {...grid} /> : <DriftTable {...grid} />
}

interface ToolsProps {
  readonly wanted: string
  readonly onWanted: (text: string) => void
  readonly view: 'map' | 'table'
  readonly onView: (view: 'map' | 'table') => void
}

function Tools({ wanted, onWanted, view, onView }: ToolsProps) {
  return (
    <>
      <input
        className={css['search']}
        type="search"
        data-search
        placeholder="Filter features"
        aria-label="Filter features"
        value={wanted}
        onChange={({ currentTarget }) => onWanted(currentTarget.value)}
      />
      <SegmentedControl
        aria-label="View"
        size="xs"
        data={[
          { value: 'map', label: 'Heat map' },
          { value: 'table', label: 'Table' },
        ]}
        value={view}
        onChange={(value) => onView(value as 'map' | 'table')}
      />
    </>
  )
}
