import { Canvas } from '../chart/Canvas.tsx'
import '../chart/echarts-compare.ts'
import type { CurveRun } from '../curve/MetricCurve.tsx'
import type { Axis } from './axes.ts'
import { parallelOption, scatterOption } from './options.ts'

interface RunsCanvasProps {
  readonly label: string
  readonly runs: readonly CurveRun[]
  readonly kind: 'parallel' | 'scatter'
  /** For a scatter: across and up. */
  readonly axes: readonly Axis[]
}

const HEIGHT = 340

/** Draws runs by what they have; the part that is loaded late. */
export function RunsCanvas({ label, runs, kind, axes }: RunsCanvasProps) {
  const [x, y] = axes
  return (
    <Canvas
      label={label}
      height={HEIGHT}
      option={(scheme) =>
        kind === 'scatter' && x && y
          ? scatterOption(label, [x, y], runs, scheme)
          : parallelOption(label, axes, runs, scheme)
      }
    />
  )
}
