import { useEffect, useRef } from 'react'
import { useComputedColorScheme } from '../ui/index.ts'
import { init } from './echarts.ts'
import { chartOption } from './option.ts'
import type { LineChartProps } from './series.ts'

/** Draws a line chart; the part that is loaded late. */
export function LineCanvas(props: LineChartProps) {
  const scheme = useComputedColorScheme('light')
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof init>>(undefined)

  useEffect(() => {
    const element = host.current!
    const made = (chart.current = init(element, null, { renderer: 'svg' }))
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.dispose()
      chart.current = undefined
    }
  }, [])

  useEffect(() => chart.current?.setOption(chartOption(props, scheme), true))

  return <div ref={host} role="img" aria-label={props.label} style={{ width: '100%', height: props.height ?? 180 }} />
}
