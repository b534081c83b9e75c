import type { ChartSeries } from './series.ts'
import css from './LineChart.module.css'

const DASHES = { solid: undefined, dashed: '5 3', dotted: '1.5 3' } as const

interface LegendProps {
  readonly entries: readonly Pick<ChartSeries, 'name' | 'colour' | 'dash'>[]
  /** So many more are drawn alike. */
  readonly others?: number
}

/** Names with the lines that they stand for. */
export function Legend({ entries, others = 0 }: LegendProps) {
  return (
    <ul className={css['legend']}>
      {entries.map(({ name, colour, dash }) => (
        <li key={`${colour} ${name}`}>
          <svg width="18" height="8" aria-hidden="true">
            <path d="M0 4h18" stroke={`var(--ek-series-${colour})`} strokeWidth="2" strokeDasharray={DASHES[dash]} />
          </svg>
          {name}
        </li>
      ))}
      {others > 0 && (
        <li>
          <svg width="18" height="8" aria-hidden="true">
            <path d="M0 4h18" stroke="var(--ek-dim)" strokeWidth="1" />
          </svg>
          {others} {others === 1 ? 'other' : 'others'}
        </li>
      )}
    </ul>
  )
}
