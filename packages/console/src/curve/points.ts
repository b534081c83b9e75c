import type { Curve } from '@evenkeel/contract'
import { finite } from '../experiment/values.ts'
import { smoothed } from './smooth.ts'

/** How curves are drawn; the address holds it. */
export interface CurveView {
  /** Across: steps, or milliseconds since the run began. */
  readonly axis: 'step' | 'time'
  /** Weight of what came before, 0 to 0.99. */
  readonly smooth: number
  readonly log: boolean
  readonly charts: 'lines' | 'table'
}

/** What a chart draws of a curve, in order of what lies across. A value that has no place on the axis is a gap. */
export function pointsOf(
  { points }: Pick<Curve, 'points'>,
  startedMs: number,
  { axis, smooth, log }: Pick<CurveView, 'axis' | 'smooth' | 'log'>,
): (readonly [number, number | null])[] {
  const across = points
    .map(([step, ms, value]) => [axis === 'step' ? Number(step) : Number(ms) - startedMs, finite(value)] as const)
    .toSorted(([a], [b]) => a - b)
  const values = smoothed(
    across.map(([, value]) => value),
    smooth,
  )
  return across.map(([x], i) => [x, log && (values[i] ?? 0) <= 0 ? null : values[i]!] as const)
}
