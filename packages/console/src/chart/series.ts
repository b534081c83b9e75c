export interface ChartSeries {
  readonly name: string
  /** Place in the palette, 0 to 5; what lies beyond is drawn alike, as "others". */
  readonly colour: number
  readonly dash: 'solid' | 'dashed' | 'dotted'
  /** Epoch milliseconds, or what the axis counts, and value; a gap is null. */
  readonly points: readonly (readonly [number, number | null])[]
  /** Epoch milliseconds, lower and upper bound of an interval around the value. */
  readonly band?: readonly (readonly [number, number, number])[]
}

export interface ChartBound {
  readonly name: string
  readonly value: number
}

export interface ChartMark {
  readonly name: string
  readonly atMs: number
}

export interface LineChartProps {
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly label: string
  readonly series: readonly ChartSeries[]
  readonly formatX: (ms: number) => string
  /** Shorter, for the axis; as in the table when left out. */
  readonly formatTick?: (ms: number) => string
  readonly formatY: (value: number) => string
  /** What lies across: moments, unless it says otherwise. */
  readonly across?: 'time' | 'number'
  /** Steps of the value axis multiply; values must be above zero. */
  readonly logarithmic?: boolean
  /** Names and colours above the chart; left out where they stand once for several charts. */
  readonly legend?: boolean
  readonly bound?: ChartBound
  /** Moments at which something changed. */
  readonly marks?: readonly ChartMark[]
  /** Draw the value axis from zero. */
  readonly fromZero?: boolean
  /** The value axis goes at least so far, so that nothing does not fill the chart. */
  readonly reach?: number
  readonly height?: number
}

/** One row per moment, one column per series, for the table view. */
export function tableOf(
  series: readonly ChartSeries[],
): { readonly atMs: number; readonly values: readonly (number | null)[] }[] {
  const columns = series.map(({ points }) => new Map(points))
  const moments = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].toSorted((a, b) => a - b)
  return moments.map((atMs) => ({ atMs, values: columns.map((column) => column.get(atMs) ?? null) }))
}
