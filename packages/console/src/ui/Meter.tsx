import css from './Meter.module.css'

interface MeterProps {
  /** Part of the whole; what lies outside of [0, 1] is drawn at its end. */
  readonly share: number
  readonly label: string
}

/** How much of a whole, as a bar. */
export function Meter({ share, label }: MeterProps) {
  const shown = Math.min(1, Math.max(0, share))
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={shown}
      className={css['meter']}
    >
      <span style={{ width: `${shown * 100}%` }} />
    </span>
  )
}
