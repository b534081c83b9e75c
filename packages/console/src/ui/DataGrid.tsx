import { type ReactNode, type UIEvent, useEffect, useId, useRef, useState } from 'react'
import css from './DataGrid.module.css'
import { Resizer } from './Resizer.tsx'
import { columnsInView, rowsInView, sameSpan, type Span } from './window.ts'

export interface GridColumn {
  readonly key: string
  readonly head: ReactNode
  /** What people call it, where it can be made wider. */
  readonly name?: string
  /** In pixels. */
  readonly width: number
  readonly numeric?: boolean
  readonly sorted?: 'ascending' | 'descending' | undefined
}

interface DataGridProps<Column extends GridColumn> {
  readonly label: string
  /** Stays at the left; names the row. */
  readonly pinned: GridColumn
  readonly columns: readonly Column[]
  readonly rowCount: number
  readonly rowKey: (row: number) => string
  readonly rowHead: (row: number) => ReactNode
  readonly cell: (row: number, column: Column) => ReactNode
  readonly isMarked?: (row: number) => boolean
  /** The end of what is known is near. */
  readonly onNearEnd?: () => void
  /** Told when other rows come into view. */
  readonly onView?: (rows: Span) => void
  /** Of the whole grid, in pixels; less when it has few rows. */
  readonly maxHeight?: number
  /** A column was made wider or narrower; undefined: as it usually is. Without it, none can be. */
  readonly onResize?: (key: string, widthPx: number | undefined) => void
}

const ROW = 34
/** Further rows are asked for when fewer than these are left below. */
const NEAR_END = 30

/** A table of any number of rows and columns, of which only those in view are drawn. */
export function DataGrid<Column extends GridColumn>(given: DataGridProps<Column>) {
  const { props, resizer } = useResizing(given)
  const { label, pinned, columns, rowCount, maxHeight = 560 } = props
  const { box, rows, across, onScroll } = useView(props)
  const shown = columns.slice(across.from, across.to)
  const before = columns.slice(0, across.from).reduce((sum, { width }) => sum + width, 0)
  const width = columns.reduce((sum, column) => sum + column.width, pinned.width)
  const style = (column: GridColumn, i: number) => ({
    width: column.width,
    ...(i === 0 && before > 0 && { marginLeft: before }),
  })
  return (
    <div
      ref={box}
      className={css['box']}
      style={{ maxHeight }}
      role="table"
      aria-label={label}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length + 1}
      tabIndex={0}
      onScroll={onScroll}
    >
      <div role="rowgroup" className={css['head']} style={{ width }}>
        <div role="row" aria-rowindex={1} className={css['row']}>
          <div role="columnheader" className={css['pinned']} style={{ width: pinned.width }} {...resizer.named(pinned)}>
            {resizer.around(pinned)}
          </div>
          {shown.map((column, i) => (
            <div
              key={column.key}
              role="columnheader"
              aria-colindex={across.from + i + 2}
              aria-sort={column.sorted}
              className={css['cell']}
              data-numeric={column.numeric || undefined}
              style={style(column, i)}
              {...resizer.named(column)}
            >
              {resizer.around(column)}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={css['body']} style={{ width, height: rowCount * ROW }}>
        {Array.from({ length: Math.max(0, rows.to - rows.from) }, (_, i) => rows.from + i).map((row) => (
          <div
            key={props.rowKey(row)}
            role="row"
            aria-rowindex={row + 2}
            className={css['row']}
            data-marked={props.isMarked?.(row) || undefined}
            style={{ transform: `translateY(${row * ROW}px)` }}
          >
            <div role="rowheader" className={css['pinned']} style={{ width: pinned.width }}>
              {props.rowHead(row)}
            </div>
            {shown.map((column, i) => (
              <div
                key={column.key}
                role="cell"
                aria-colindex={across.from + i + 2}
                className={css['cell']}
                data-numeric={column.numeric || undefined}
                style={style(column, i)}
              >
                {props.cell(row, column)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

/** Lets the edges of columns be moved: the grid as it is while one is dragged, and what belongs into the heads. */
function useResizing<Column extends GridColumn>(props: DataGridProps<Column>) {
  const id = useId()
  const [dragged, setDragged] = useState<{ readonly key: string; readonly width: number }>()
  const { onResize } = props
  const idOf = ({ key }: GridColumn) => `${id}-${key}`
  const done = (key: string, widthPx: number | undefined) => {
    setDragged(undefined)
    onResize?.(key, widthPx)
  }
  const resizer = {
    // The edge has a name of its own, which is no part of that of the column.
    named: (column: GridColumn) => onResize && { 'aria-labelledby': idOf(column) },
    around: (column: GridColumn) =>
      onResize ? (
        <>
          <span id={idOf(column)} className={css['title']}>
            {column.head}
          </span>
          <Resizer
            name={column.name ?? column.key}
            widthPx={column.width}
            onDrag={(width) => setDragged({ key: column.key, width })}
            onDone={(widthPx) => done(column.key, widthPx)}
          />
        </>
      ) : (
        column.head
      ),
  }
  if (!dragged) return { props, resizer }
  const asDragged = <One extends GridColumn>(column: One) =>
    column.key === dragged.key ? { ...column, ...dragged } : column
  return { props: { ...props, pinned: asDragged(props.pinned), columns: props.columns.map(asDragged) }, resizer }
}

/** Which part of the grid is seen. */
function useView<Column extends GridColumn>(props: DataGridProps<Column>) {
  const { columns, pinned, rowCount, onNearEnd, onView } = props
  const box = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState({ top: 0, left: 0, width: 1280, height: 800 })
  useEffect(() => {
    const element = box.current!
    const measure = () => setPlace(placeOf(element))
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const widths = columns.map(({ width }) => width)
  const viewOf = ({ top, left, width, height }: typeof place) => ({
    rows: rowsInView(top, height, ROW, rowCount),
    across: columnsInView(left, width - pinned.width, widths),
  })
  const view = viewOf(place)
  const { from, to } = view.rows
  useEffect(() => {
    onView?.({ from, to })
    if (to > rowCount - NEAR_END) onNearEnd?.()
  }, [from, to, rowCount, onNearEnd, onView])

  // Most of a scroll shows what is drawn already.
  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>) => {
    const next = placeOf(currentTarget)
    const seen = viewOf(next)
    if (!sameSpan(seen.rows, view.rows) || !sameSpan(seen.across, view.across)) setPlace(next)
  }
  return { box, ...view, onScroll }
}

const placeOf = ({ scrollTop, scrollLeft, clientWidth, clientHeight }: HTMLElement) => ({
  top: scrollTop,
  left: scrollLeft,
  width: clientWidth,
  height: clientHeight,
})
