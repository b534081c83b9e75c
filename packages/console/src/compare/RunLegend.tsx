import { Legend } from '../chart/Legend.tsx'
import { type CurveRun, dashOf } from '../curve/MetricCurve.tsx'
import { series } from '../ui/tokens.ts'

/** Runs that have a colour of their own. */
export const COLOURS = series.light.length

/** Which line is which run. */
export const RunLegend = ({ runs }: { readonly runs: readonly CurveRun[] }) => (
  <Legend
    entries={runs.slice(0, COLOURS).map((run) => ({ ...run, dash: dashOf(run.colour) }))}
    others={runs.length - COLOURS}
  />
)
