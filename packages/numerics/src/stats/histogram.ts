import { checkCount, checkSample, type Column, sortedSample } from './check.ts'

/** Counts of a column over bins: `edges` rise strictly and number one more than `counts`. */
export interface Histogram {
  readonly edges: Column
  readonly counts: Column
}

/** What becomes of a value beyond the first or the last edge. */
export type Outside =
  /** It counts in the nearest bin: k counts. */
  | 'nearest'
  /** It counts in a bin of its own before or after the others: k + 2 counts. */
  | 'own'
  /** It is not counted, as in NumPy: k counts. */
  | 'drop'

/**
 * Counts of a column over given bins. A bin is closed on the left, the last one on both sides, as in NumPy.
 *
 * @param values - finite values, left as they were; may be empty
 * @param edges - k + 1 finite edges that rise strictly, k >= 1
 * @param outside - what becomes of values beyond the edges
 * @returns k counts, or k + 2 when values outside have bins of their own
 * @throws RangeError when the edges do not rise or a value is not finite
 */
export function binCounts(values: Column, edges: Column, outside: Outside = 'nearest'): Float64Array {
  checkEdges('binCounts', edges)
  if (values.length > 0) checkSample('binCounts', 'given', values)
  const bins = edges.length - 1
  const counts = new Float64Array(bins + 2)
  for (let i = 0; i < values.length; i++) counts[edgesPassed(edges, values[i]!)]!++
  if (outside === 'own') return counts
  if (outside === 'nearest') {
    counts[1]! += counts[0]!
    counts[bins]! += counts[bins + 1]!
  }
  return counts.slice(1, bins + 1)
}

/** Index of the bin that holds a value, or of the nearest one, from 0 to k − 1. */
export function nearestBin(edges: Column, value: number): number {
  return Math.min(Math.max(edgesPassed(edges, value), 1), edges.length - 1) - 1
}

/** 0 below the first edge, 1 … k inside bin 0 … k − 1, k + 1 above the last edge. */
function edgesPassed(edges: Column, value: number): number {
  if (value === edges[edges.length - 1]) return edges.length - 1
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** Refuses edges that do not rise strictly or number fewer than two. */
export function checkEdges(measure: string, edges: Column): void {
  if (edges.length < 2) throw new RangeError(`${measure}: ${edges.length} edges make no bin; give at least two`)
  for (let i = 0; i < edges.length; i++) {
    if (Number.isFinite(edges[i]) && (i === 0 || edges[i]! > edges[i - 1]!)) continue
    throw new RangeError(`${measure}: edge ${i} is ${edges[i]}; give finite edges that rise strictly`)
  }
}

/**
 * Sample quantile, linear between the order statistics (NumPy's default).
 *
 * @param sorted - rising values, length n >= 1
 * @param level - in [0, 1]
 */
export function quantileOfSorted(sorted: Column, level: number): number {
  if (sorted.length === 0) throw new RangeError('quantile: the sample is empty; compute it once there is a value')
  if (!(level >= 0 && level <= 1)) throw new RangeError(`quantile: the level is ${level}; give a number from 0 to 1`)
  const position = level * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (position - below)
}

/**
 * Edges that cut a reference sample into bins of equal share, for example deciles.
 *
 * Equal quantiles become one edge, so a sample of few values gives fewer bins. A constant sample gets one bin that
 * reaches 0.5 to either side, as in NumPy.
 *
 * @param values - finite reference values in any order, length n >= 1; left as they were
 * @param bins - wanted number of bins, >= 1
 * @returns 2 to `bins + 1` edges that rise strictly, from the smallest to the largest value
 * @throws RangeError when the sample is empty or not finite, or `bins` is not a whole number >= 1
 */
export function quantileEdges(values: Column, bins = 10): Float64Array {
  const sorted = sortedSample('quantileEdges', 'reference', values)
  checkCount('quantileEdges', 'the number of bins', bins)
  if (bins === 0) throw new RangeError('quantileEdges: 0 bins hold nothing; ask for at least one')
  const edges = new Set(Array.from({ length: bins + 1 }, (_, i) => quantileOfSorted(sorted, i / bins)))
  return edges.size === 1 ? aroundConstant(sorted[0]!) : Float64Array.from(edges)
}

function aroundConstant(value: number): Float64Array {
  return Float64Array.of(value - 0.5, value + 0.5)
}

/** Count and range of one or more samples together: all that Sturges' rule needs to know. */
export interface Extent {
  readonly count: number
  readonly minimum: number
  readonly maximum: number
}

/**
 * Extent of several samples taken together.
 *
 * @throws RangeError when there is no sample, or one is empty or not finite
 */
export function extentOf(...samples: readonly Column[]): Extent {
  if (samples.length === 0) throw new RangeError('extent: no sample given; give at least one')
  let count = 0
  let minimum = Infinity
  let maximum = -Infinity
  for (const values of samples) {
    checkSample('extent', 'given', values)
    count += values.length
    for (let i = 0; i < values.length; i++) {
      minimum = Math.min(minimum, values[i]!)
      maximum = Math.max(maximum, values[i]!)
    }
  }
  return { count, minimum, maximum }
}

/**
 * Equal-width edges by Sturges' rule, digit for digit those of `numpy.histogram_bin_edges(values, 'sturges')`.
 *
 * @param extent - count >= 1 and the finite range of the values
 * @param wholeNumbers - true for an integer column, whose bins are at least 1 wide
 * @throws RangeError when the extent is empty or its range is not finite and ordered
 */
export function sturgesEdges({ count, minimum, maximum }: Extent, wholeNumbers = false): Float64Array {
  if (!(count >= 1 && Number.isFinite(maximum - minimum) && minimum <= maximum)) {
    throw new RangeError(`sturgesEdges: ${count} values from ${minimum} to ${maximum}; give the extent of real values`)
  }
  if (minimum === maximum) return aroundConstant(minimum)
  const rule = (maximum - minimum) / (Math.log2(count) + 1)
  const bins = Math.ceil((maximum - minimum) / (wholeNumbers ? Math.max(1, rule) : rule))
  const step = (maximum - minimum) / bins
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => i * step + minimum)
  edges[bins] = maximum
  return edges
}
