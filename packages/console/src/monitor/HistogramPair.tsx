import type { Histogram } from '@evenkeel/contract'
import { formatNumber, formatPercent } from '../ui/index.ts'
import { type Bar, densities } from './densities.ts'
import css from './HistogramPair.module.css'

interface HistogramPairProps {
  readonly feature: string
  readonly reference: Histogram | null
  readonly current: Histogram | null
}

const WIDTH = 800
const HEIGHT = 160

/** Two distributions of one feature over each other: the window filled, the training data as an outline. */
export function HistogramPair({ feature, reference, current }: HistogramPairProps) {
  const before = reference ? densities(reference) : []
  const now = current ? densities(current) : []
  const all = [...before, ...now]
  const from = Math.min(...all.map((bar) => bar.from))
  const to = Math.max(...all.map((bar) => bar.to))
  const top = Math.max(...all.map(({ density }) => density)) || 1
  const x = (value: number) => ((value - from) / (to - from || 1)) * WIDTH
  const y = (density: number) => HEIGHT - (density / top) * (HEIGHT - 4)

  return (
    <figure className={css['figure']}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Distribution of ${feature}; the numbers are in the table below`}
      >
        {now.map((bar) => (
          <rect
            key={bar.from}
            x={x(bar.from)}
            y={y(bar.density)}
            width={Math.max(0, x(bar.to) - x(bar.from) - 1)}
            height={HEIGHT - y(bar.density)}
            fill="var(--ek-series-0)"
            opacity="0.85"
          />
        ))}
        <path
          d={outline(before, x, y)}
          fill="none"
          stroke="var(--ek-text)"
          strokeWidth="1.5"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <div className={css['axis']} aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part}>{formatNumber(from + part * (to - from))}</span>
        ))}
      </div>
      <details className={css['table']}>
        <summary>View as table</summary>
        <NumbersTable before={before} now={now} />
      </details>
    </figure>
  )
}

function outline(bars: readonly Bar[], x: (value: number) => number, y: (density: number) => number): string {
  if (bars.length === 0) return ''
  const steps = bars.map(({ from, to, density }) => `L${x(from)} ${y(density)}L${x(to)} ${y(density)}`)
  return `M${x(bars[0]!.from)} ${HEIGHT}${steps.join('')}L${x(bars.at(-1)!.to)} ${HEIGHT}`
}

function NumbersTable({ before, now }: { readonly before: readonly Bar[]; readonly now: readonly Bar[] }) {
  const bins = now.length > 0 ? now : before
  const share = (bars: readonly Bar[], from: number) => bars.find((bar) => bar.from === from)?.share
  const text = (value: number | undefined) => (value === undefined ? '–' : formatPercent(value))
  return (
    <table className="ek-table">
      <thead>
        <tr>
          <th>Bin</th>
          <th className="ek-num">Training data</th>
          <th className="ek-num">This window</th>
        </tr>
      </thead>
      <tbody>
        {bins.map(({ from, to }) => (
          <tr key={from}>
            <th scope="row">
              {formatNumber(from)} to {formatNumber(to)}
            </th>
            <td className="ek-num">{text(share(before, from))}</td>
            <td className="ek-num">{text(share(now, from))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
