import type { EChartsCoreOption } from 'echarts/core'
import { escapeHtml, FONT } from '../chart/option.ts'
import { type Scheme, series as palette, tokens } from '../ui/tokens.ts'
import { formatNumber } from '../ui/format.ts'
import { type CurveRun, dashOf } from '../curve/MetricCurve.tsx'
import type { Axis } from './axes.ts'

const strokeOf = (colour: number, scheme: Scheme): string => palette[scheme][colour] ?? tokens[scheme].dim

const frame = (label: string, scheme: Scheme) => ({
  animation: false,
  textStyle: { fontFamily: FONT },
  aria: { enabled: true, label: { description: label } },
  tooltip: {
    trigger: 'item',
    confine: true,
    backgroundColor: tokens[scheme].surface,
    borderColor: tokens[scheme].line,
    textStyle: { color: tokens[scheme].text, fontSize: 12 },
  },
})

const wordsOf = ({ values }: Axis) => [...new Set(values.filter((value) => typeof value === 'string'))]

const shown = (value: number | string | null | undefined): string =>
  typeof value === 'number' ? formatNumber(value) : (value ?? '–')

const tooltipOf = (name: string, axes: readonly Axis[], at: number): string =>
  [
    `<b>${escapeHtml(name)}</b>`,
    ...axes.map(({ title, values }) => `${escapeHtml(title)} ${escapeHtml(shown(values[at]))}`),
  ].join('<br>')

/** A line for each run across upright axes. */
export function parallelOption(
  label: string,
  axes: readonly Axis[],
  runs: readonly CurveRun[],
  scheme: Scheme,
): EChartsCoreOption {
  const { dim, line, text } = tokens[scheme]
  return {
    ...frame(label, scheme),
    parallel: { left: 50, right: 70, top: 42, bottom: 18 },
    parallelAxis: axes.map((axis, dimension) => ({
      dim: dimension,
      name: axis.title,
      nameTextStyle: { color: text, fontSize: 11, width: 110, overflow: 'truncate' },
      nameGap: 18,
      axisLine: { lineStyle: { color: line } },
      axisTick: { lineStyle: { color: line } },
      axisLabel: { color: dim, fontSize: 11 },
      ...(axis.kind === 'word' ? { type: 'category', data: wordsOf(axis) } : { type: 'value', scale: true }),
    })),
    series: runs.map(({ name, colour }, at) => ({
      type: 'parallel',
      name,
      lineStyle: { color: strokeOf(colour, scheme), width: 2, opacity: 0.8, type: dashOf(colour) },
      emphasis: { lineStyle: { width: 3.5, opacity: 1 } },
      data: [axes.map(({ values }) => values[at] ?? '-')],
      tooltip: { formatter: () => tooltipOf(name, axes, at) },
    })),
  }
}

const SYMBOLS = ['circle', 'triangle', 'rect', 'diamond', 'roundRect', 'emptyCircle']

/** A mark for each run. */
export function scatterOption(
  label: string,
  [x, y]: readonly [Axis, Axis],
  runs: readonly CurveRun[],
  scheme: Scheme,
): EChartsCoreOption {
  const { dim, line, text } = tokens[scheme]
  const axisLook = {
    nameLocation: 'middle',
    nameTextStyle: { color: text, fontSize: 11 },
    axisLine: { lineStyle: { color: line } },
    axisLabel: { color: dim, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: line } },
  }
  const axisOf = (axis: Axis) => ({
    ...axisLook,
    name: axis.title,
    ...(axis.kind === 'word' ? { type: 'category', data: wordsOf(axis) } : { type: 'value', scale: true }),
  })
  return {
    ...frame(label, scheme),
    grid: { left: 56, right: 16, top: 12, bottom: 44 },
    xAxis: { ...axisOf(x), nameGap: 28 },
    yAxis: { ...axisOf(y), nameGap: 42 },
    series: runs.map(({ name, colour }, at) => ({
      type: 'scatter',
      name,
      symbol: SYMBOLS[colour] ?? 'circle',
      symbolSize: 11,
      itemStyle: { color: strokeOf(colour, scheme) },
      label: { show: true, position: 'right', formatter: () => name, color: dim, fontSize: 11 },
      labelLayout: { hideOverlap: true },
      data: x.values[at] === null || y.values[at] === null ? [] : [[x.values[at], y.values[at]]],
      tooltip: { formatter: () => tooltipOf(name, [x, y], at) },
    })),
  }
}
