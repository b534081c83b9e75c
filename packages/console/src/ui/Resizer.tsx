import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import css from './DataGrid.module.css'

/** Narrowest and widest that a column can be made, in pixels. */
export const WIDTHS_PX = { min: 60, max: 1200 } as const
const STEP_PX = 16

export const allowedWidth = (px: number): number => Math.round(Math.min(WIDTHS_PX.max, Math.max(WIDTHS_PX.min, px)))

interface ResizerProps {
  /** What it makes wider. */
  readonly name: string
  readonly widthPx: number
  /** While it is dragged. */
  readonly onDrag: (widthPx: number) => void
  /** The width is chosen; undefined: as wide as usual. */
  readonly onDone: (widthPx: number | undefined) => void
}

/** The edge of a column: dragged, or moved with the arrow keys; a double click, or Home, makes it as wide as usual. */
export function Resizer({ name, widthPx, onDrag, onDone }: ResizerProps) {
  const from = useRef<{ readonly x: number; readonly widthPx: number }>(undefined)
  const dragged = ({ clientX }: PointerEvent) => allowedWidth(from.current!.widthPx + clientX - from.current!.x)
  const begin = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    from.current = { x: event.clientX, widthPx }
  }
  const end = (event: PointerEvent) => {
    // A press that moved nothing may be half of a double click.
    if (from.current && event.clientX !== from.current.x) onDone(dragged(event))
    from.current = undefined
  }
  const press = (event: KeyboardEvent) => {
    const steps = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key]
    if (steps === undefined && event.key !== 'Home') return
    event.preventDefault()
    onDone(steps === undefined ? undefined : allowedWidth(widthPx + steps))
  }
  return (
    <span
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${name}`}
      aria-valuenow={widthPx}
      aria-valuemin={WIDTHS_PX.min}
      aria-valuemax={WIDTHS_PX.max}
      className={css['resizer']}
      onPointerDown={begin}
      onPointerMove={(event) => from.current && onDrag(dragged(event))}
      onPointerUp={end}
      onPointerCancel={() => {
        from.current = undefined
        onDrag(widthPx)
      }}
      onDoubleClick={() => onDone(undefined)}
      onKeyDown={press}
    />
  )
}
