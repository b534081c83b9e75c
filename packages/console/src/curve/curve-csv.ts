import type { Curve } from '@evenkeel/contract'
import { type CsvValue, csvOf } from '../ui/csv.ts'
import type { CurveRun } from './MetricCurve.tsx'
import { type CurveView, shownPoints } from './points.ts'

/**
 * The points of a chart as it draws them, one a line. `value` is what was logged; what smoothing makes of it stands
 * beside it.
 */
export function curveCsv(
  metric: string,
  runs: readonly CurveRun[],
  curves: readonly Curve[],
  view: Pick<CurveView, 'axis' | 'smooth'>,
): string {
  const of = new Map(curves.map((curve) => [curve.run, curve]))
  const isSmooth = view.smooth > 0
  const lines = runs.flatMap(({ id, name, startedMs }) =>
    shownPoints(of.get(id)?.points ?? [], startedMs, view).map(({ step, ms, value, smoothed }): CsvValue[] => [
      metric,
      name,
      id,
      step,
      new Date(Number(ms)).toISOString(),
      value,
      ...(isSmooth ? [smoothed] : []),
    ]),
  )
  return csvOf([['metric', 'run', 'run_id', 'step', 'time', 'value', ...(isSmooth ? ['smoothed'] : [])], ...lines])
}
