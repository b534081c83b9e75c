import type { EChartsCoreOption } from 'echarts/core'
import { useEffect, useRef } from 'react'
import { useComputedColorScheme } from '../ui/index.ts'
import type { Scheme } from '../ui/tokens.ts'
import { init } from './echarts.ts'

interface CanvasProps {
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly label: string
  readonly option: (scheme: Scheme) => EChartsCoreOption
  readonly height: number
}

/** Draws what an option of ECharts describes, in the colours of the theme. */
export function Canvas({ label, option, height }: CanvasProps) {
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

  useEffect(() => chart.current?.setOption(option(scheme), true))

  return <div ref={host} role="img" aria-label={label} style={{ width: '100%', height }} />
}
