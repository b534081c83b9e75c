import { Canvas } from './Canvas.tsx'
import { chartOption } from './option.ts'
import type { LineChartProps } from './series.ts'

/** Draws a line chart; the part that is loaded late. */
export const LineCanvas = (props: LineChartProps) => (
  <Canvas label={props.label} option={(scheme) => chartOption(props, scheme)} height={props.height ?? 180} />
)
