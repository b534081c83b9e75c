interface SparklineProps {
  /** Oldest first; a gap is null. */
  readonly values: readonly (number | null)[]
  /** What the line says, for those who do not see it. */
  readonly label: string
  readonly width?: number
  readonly height?: number
}

const PAD = 3

/** A line without axes: the course of one number, with its newest value marked. */
export function Sparkline({ values, label, width = 120, height = 32 }: SparklineProps) {
  const known = values.flatMap((value, i) => (value === null ? [] : [{ value, i }]))
  const last = known.at(-1)
  if (!last) return null
  const low = Math.min(...known.map(({ value }) => value))
  const span = Math.max(...known.map(({ value }) => value)) - low || 1
  const x = (i: number) => PAD + (i / Math.max(1, values.length - 1)) * (width - 2 * PAD)
  const y = (value: number) => height - PAD - ((value - low) / span) * (height - 2 * PAD)
  const line = known.map(
    ({ value, i }, at) =>
      `${at > 0 && known[at - 1]!.i === i - 1 ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`,
  )

  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path d={line.join('')} fill="none" stroke="var(--ek-accent)" strokeWidth="1.5" strokeLinejoin="round" />
      <circle cx={x(last.i)} cy={y(last.value)} r="2.5" fill="var(--ek-accent)" />
    </svg>
  )
}
