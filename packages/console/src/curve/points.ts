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

/** A point in the place where a chart draws it. */
interface ShownPoint {
  readonly x: number
  readonly step: Curve['points'][number][0]
  readonly ms: Curve['points'][number][1]
  /** As it was logged. */
  readonly value: Curve['points'][number][2]
  /** Null for what is no finite number. */
  readonly smoothed: number | null
}

/** Points of a curve in order of what lies across. */
export function shownPoints(
  points: Curve['points'],
  startedMs: number,
  { axis, smooth }: Pick<CurveView, 'axis' | 'smooth'>,
): ShownPoint[] {
  const across = points
    .map(([step, ms, value]) => ({ x: axis === 'step' ? Number(step) : Number(ms) - startedMs, step, ms, value }))
    .toSorted((a, b) => a.x - b.x)
  const values = smoothed(
    across.map(({ value }) => finite(value)),
    smooth,
  )
  return across.map((point, i) => ({ ...point, smoothed: values[i]! }))
}

/** What a chart draws of a curve. A value that has no place on the axis is a gap. */
export const pointsOf = (
  { points }: Pick<Curve, 'points'>,
  startedMs: number,
  { log, ...view }: Pick<CurveView, 'axis' | 'smooth' | 'log'>,
): (readonly [number, number | null])[] =>
  shownPoints(points, startedMs, view).map(({ x, smoothed: value }) => [x, log && (value ?? 0) <= 0 ? null : value])
