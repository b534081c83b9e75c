import type { ColumnDrift, MonitorWindow } from '@evenkeel/contract'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { formatDate, formatDay, formatPercent } from '../ui/index.ts'
import { type DriftRow, heatPercent } from './drift-grid.ts'
import css from './HeatMap.module.css'

interface HeatMapProps {
  readonly rows: readonly DriftRow[]
  /** Oldest first. */
  readonly windows: readonly MonitorWindow[]
  readonly selected: { readonly window: string | undefined; readonly feature: string | undefined }
  readonly onSelect: (cell: { window: string; feature: string }) => void
}

/** Features by windows; one cell is reached by Tab, the others from there with the arrow keys. */
export function HeatMap({ rows, windows, selected, onSelect }: HeatMapProps) {
  const scroller = useNewestInView()
  const [pointed, setPointed] = useState<string>()
  const isSelected = (feature: string, start: string) => selected.feature === feature && selected.window === start
  const entry = rows.some(({ feature }) => feature === selected.feature) && selected.window ? selected : undefined

  return (
    <>
      <div ref={scroller} className={css['scroll']}>
        <table className={css['map']} onKeyDown={moveByArrows}>
          <caption className={css['caption']}>Drift of each feature by window, 1 is the threshold</caption>
          <thead>
            <tr>
              <th scope="col" className={css['corner']}>
                <div>
                  <span>Feature</span>
                  <span>Importance</span>
                </div>
              </th>
              {windows.map(({ start }, i) => (
                <th key={start} scope="col" className={css['when']}>
                  <span className={i % 2 === (windows.length - 1) % 2 ? css['day'] : css['caption']}>
                    {formatDay(start)}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ feature, importance, cells }, row) => (
              <tr key={feature}>
                <th scope="row" className={css['feature']}>
                  <div>
                    <span>{feature}</span>
                    <span className="ek-dim">{importance === null ? '' : formatPercent(importance, 0)}</span>
                  </div>
                </th>
                {windows.map(({ start }, column) => (
                  <td key={start}>
                    <Cell
                      drift={cells[column]}
                      label={labelOf(feature, start, cells[column])}
                      selected={isSelected(feature, start)}
                      reachable={entry ? isSelected(feature, start) : row === 0 && column === windows.length - 1}
                      onPoint={setPointed}
                      onSelect={() => onSelect({ window: start, feature })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Legend pointed={pointed} />
    </>
  )
}

interface CellProps {
  readonly drift: ColumnDrift | undefined
  readonly label: string
  readonly selected: boolean
  readonly reachable: boolean
  readonly onPoint: (label: string | undefined) => void
  readonly onSelect: () => void
}

function Cell({ drift, label, selected, reachable, onPoint, onSelect }: CellProps) {
  const relative = drift?.relative ?? null
  const over = relative !== null && relative >= 1
  return (
    <button
      type="button"
      className={css['cell']}
      style={relative === null ? undefined : { '--heat': `${heatPercent(relative)}%` }}
      data-over={over || undefined}
      data-unknown={relative === null || undefined}
      aria-pressed={selected}
      aria-label={label}
      tabIndex={reachable ? 0 : -1}
      onClick={onSelect}
      onMouseEnter={() => onPoint(label)}
      onFocus={() => onPoint(label)}
      onMouseLeave={() => onPoint(undefined)}
    >
      {over && relative.toFixed(1)}
    </button>
  )
}

function labelOf(feature: string, start: string, drift: ColumnDrift | undefined): string {
  const week = `${feature}, window of ${formatDate(start)}`
  if (!drift) return `${week}: not there`
  return drift.relative === null ? `${week}: ${drift.says}` : `${week}: ${drift.relative.toFixed(2)} × threshold`
}

function Legend({ pointed }: { readonly pointed: string | undefined }) {
  return (
    <div className={css['legend']}>
      <span
        className={css['scale']}
        role="img"
        aria-label="From no drift on the left to twice the threshold on the right"
      >
        <span>0</span>
        <span className={css['ramp']} data-part="below" />
        <span>threshold</span>
        <span className={css['ramp']} data-part="over" />
        <span>2 ×</span>
      </span>
      <span>{pointed ?? 'Choose a cell to compare it with the training data.'}</span>
    </div>
  )
}

/** A map wider than the screen opens at its newest window. */
function useNewestInView() {
  const scroller = useRef<HTMLDivElement>(null)
  useEffect(() => {
    scroller.current?.scrollTo({ left: scroller.current.scrollWidth })
  }, [])
  return scroller
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
}

function moveByArrows(event: KeyboardEvent<HTMLTableElement>): void {
  const step = STEPS[event.key]
  const cell = document.activeElement?.closest('td')
  const row = cell?.closest('tr')
  if (!step || !cell || !row) return
  event.preventDefault()
  const rows = event.currentTarget.tBodies[0]!.rows
  rows[row.sectionRowIndex + step[0]]?.cells[cell.cellIndex + step[1]]?.querySelector('button')?.focus()
}
