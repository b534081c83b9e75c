import { OnScroll } from '../chart/OnScroll.tsx'
import css from './Curves.module.css'
import { CURVE_HEIGHT, type CurveRun, MetricCurve } from './MetricCurve.tsx'
import type { CurveView } from './points.ts'

interface CurveGridProps {
  readonly metrics: readonly string[]
  readonly runs: readonly CurveRun[]
  readonly open: boolean
  readonly view: CurveView
}

/** A chart for each metric; those in view are there. */
export function CurveGrid({ metrics, runs, open, view }: CurveGridProps) {
  return (
    <div className={css['charts']}>
      {metrics.map((metric) => (
        <OnScroll key={metric} height={CURVE_HEIGHT}>
          <MetricCurve metric={metric} runs={runs} open={open} view={view} />
        </OnScroll>
      ))}
    </div>
  )
}
