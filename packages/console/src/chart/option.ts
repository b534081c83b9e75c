import type { EChartsCoreOption } from 'echarts/core'
import { type Scheme, series as palette, tokens } from '../ui/tokens.ts'
import type { ChartMark, ChartSeries, LineChartProps } from './series.ts'

/** ECharts measures text before it is on the page, so it must know the font. */
export const FONT = 'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

/** Text inside of what ECharts takes for HTML. */
export const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Describes a line chart to ECharts in the colours of a theme. */
export function chartOption(props: LineChartProps, scheme: Scheme): EChartsCoreOption {
  const { label, series, formatX, formatTick = formatX, formatY, fromZero = false, reach } = props
  const { across = 'time', logarithmic = false } = props
  const colours = tokens[scheme]
  const text = { color: colours.dim, fontSize: 11 }
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: FONT },
    aria: { enabled: true, label: { description: label } },
    grid: {
      left: 4,
      right: 12,
      top: props.marks?.length ? 22 : 10,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: colours.dim } },
      formatter: tooltip(props),
    },
    xAxis: {
      type: across === 'time' ? 'time' : 'value',
      scale: true,
      splitLine: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, formatter: formatTick },
      splitNumber: 6,
    },
    yAxis: {
      type: logarithmic ? 'log' : 'value',
      scale: !fromZero,
      max: ({ max }: { max: number }) => (reach !== undefined && max < reach ? reach : null),
      splitNumber: 3,
      axisLabel: { ...text, formatter: formatY },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: series.flatMap((one, i) => [...bandOf(one, scheme), lineOf(one, props, scheme, i === 0)]),
  }
}

const strokeOf = (colour: number, scheme: Scheme): string => palette[scheme][colour] ?? tokens[scheme].dim

function lineOf({ name, colour, dash, points }: ChartSeries, props: LineChartProps, scheme: Scheme, first: boolean) {
  const stroke = strokeOf(colour, scheme)
  const other = colour >= palette[scheme].length
  return {
    name,
    type: 'line',
    data: points,
    showSymbol: points.length < 30,
    symbolSize: 5,
    connectNulls: false,
    lineStyle: { color: stroke, width: other ? 1 : 1.75, type: dash, ...(other && { opacity: 0.5 }) },
    itemStyle: { color: stroke },
    z: other ? 2 : 3,
    ...(first && { markLine: linesOf(props, scheme) }),
  }
}

/** Two stacked lines without a stroke: the lower bound, and the way up from it. */
function bandOf({ name, colour, band }: ChartSeries, scheme: Scheme) {
  if (!band) return []
  const base = { type: 'line', stack: `band ${name}`, symbol: 'none', silent: true, lineStyle: { opacity: 0 }, z: 1 }
  return [
    { ...base, name: `${name} low`, data: band.map(([at, low]) => [at, low]) },
    {
      ...base,
      name: `${name} high`,
      data: band.map(([at, low, high]) => [at, high - low]),
      areaStyle: { color: strokeOf(colour, scheme), opacity: 0.16 },
    },
  ]
}

function linesOf({ bound, marks = [] }: LineChartProps, scheme: Scheme) {
  const { dim, warn } = tokens[scheme]
  const markLine = ({ name, atMs }: ChartMark) => ({
    xAxis: atMs,
    lineStyle: { color: dim, type: 'solid', width: 1 },
    label: { formatter: name, position: 'end', color: dim, fontSize: 11, distance: 3 },
  })
  const boundLine = bound && {
    yAxis: bound.value,
    lineStyle: { color: warn, type: 'dashed', width: 1.25 },
    label: { formatter: bound.name, position: 'insideEndTop', color: warn, fontSize: 11 },
  }
  return { silent: true, symbol: 'none', data: [...marks.map(markLine), ...(boundLine ? [boundLine] : [])] }
}

interface Hovered {
  readonly seriesName: string
  readonly marker: string
  readonly value: readonly [number, number | null]
}

/** More lines than these do not fit beside a pointer. */
const MOST_HOVERED = 12

function tooltip({ series, formatX, formatY }: LineChartProps) {
  const bands = new Map(series.flatMap(({ name, band }) => (band ? [[name, band] as const] : [])))
  return (hovered: readonly Hovered[]) => {
    const at = hovered[0]?.value[0] ?? 0
    const own = hovered.filter(({ seriesName }) => series.some(({ name }) => name === seriesName))
    const left = own.length - MOST_HOVERED
    const lines = own.slice(0, MOST_HOVERED).map(({ seriesName, marker, value: [, value] }) => {
      const interval = bands.get(seriesName)?.find(([moment]) => moment === at)
      const range = interval ? ` (${formatY(interval[1])} to ${formatY(interval[2])})` : ''
      return `${marker}${escapeHtml(seriesName)} <b>${value === null ? '–' : formatY(value)}</b>${range}`
    })
    return [formatX(at), ...lines, ...(left > 0 ? [`and ${left} more`] : [])].join('<br>')
  }
}
