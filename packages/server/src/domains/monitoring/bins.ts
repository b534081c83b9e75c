import type { Baseline, Histogram } from '@evenkeel/contract'

/** What a record may hold for one input. */
export type FeatureValue = number | string | boolean | null | undefined

/** The bins of one feature in the training data, and where a value of today falls. */
export interface Bins {
  readonly kind: 'numerical' | 'categorical'
  /** Counts of the training data per bin. The last bin is for what was not listed there; numbers: outside of the range. */
  readonly reference: readonly number[]
  /** Edges of the numerical bins, one more than there are bins inside the range; empty for categories. */
  readonly edges: readonly number[]
  /** Bin of a value; −1 when there is none: null, absent, not a number where one is expected. */
  readonly binOf: (value: FeatureValue) => number
  /** What the bin holds, in words. */
  readonly nameOf: (bin: number) => string
}

/** Bins of a baseline; undefined when it has no distribution. */
export function binsOf({ kind, histogram, categories }: Baseline): Bins | undefined {
  if (kind === 'numerical') return histogram ? numerical(histogram) : undefined
  if (!categories || categories.values.length === 0) return undefined
  const index = new Map(categories.values.map((value, i) => [value, i]))
  const other = categories.values.length
  return {
    kind,
    edges: [],
    reference: [...categories.counts, categories.otherCount],
    binOf: (value) => (value === null || value === undefined ? -1 : (index.get(String(value)) ?? other)),
    nameOf: (bin) => categories.values[bin] ?? 'any other value',
  }
}

function numerical(histogram: Histogram): Bins | undefined {
  const { edges, counts } = asSinglePrecision(histogram)
  const outside = counts.length
  const last = edges.at(-1)
  if (outside === 0) return undefined
  return {
    kind: 'numerical',
    edges,
    reference: [...counts, 0],
    binOf: (value) => {
      const number = numberOf(value)
      if (number === null) return -1
      if (number === last) return outside - 1
      const passed = edgesPassed(edges, number)
      return passed === 0 || passed > outside ? outside : passed - 1
    },
    nameOf: (bin) =>
      bin === outside ? 'outside of the training range' : `${short(edges[bin]!)} to ${short(edges[bin + 1]!)}`,
  }
}

const short = (value: number) => String(Number(value.toPrecision(4)))

/**
 * A number as the model sees it; null for everything else.
 *
 * Models compute in single precision, the training data is in double: without rounding both, a value that lies on an
 * edge would change its bin between training and serving, and look like drift.
 */
export function numberOf(value: FeatureValue): number | null {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value !== 'number') return null
  const rounded = Math.fround(value)
  return Number.isFinite(rounded) ? rounded : null
}

/** Rounds the edges; bins that become empty by it are joined with the next one. */
function asSinglePrecision({ edges, counts }: Histogram): Histogram {
  const rounded = edges.map(Math.fround)
  const kept = rounded.slice(0, 1)
  const sums: number[] = []
  let carried = 0
  for (const [i, bin] of counts.entries()) {
    carried += bin
    if (rounded[i + 1]! <= kept.at(-1)!) continue
    kept.push(rounded[i + 1]!)
    sums.push(carried)
    carried = 0
  }
  // The last bins may all have shrunk to a point: what they held lies on the last edge.
  if (sums.length > 0) sums[sums.length - 1]! += carried
  return { edges: kept, counts: sums }
}

/** How many edges are not above the value. */
function edgesPassed(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}
