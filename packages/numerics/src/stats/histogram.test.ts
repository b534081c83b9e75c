import { describe, expect, it } from 'vitest'
import { binCounts, extentOf, quantileEdges, quantileOfSorted, sturgesEdges } from './histogram.ts'
import { lattice } from './testing.ts'

const x = lattice(50, 7, 101)

describe('Sturges edges', () => {
  it('are NumPy’s, to the last digit', () => {
    // numpy.histogram_bin_edges(x, 'sturges') and numpy.histogram(x, bins='sturges')
    const edges = sturgesEdges(extentOf(x))

    expect(Array.from(edges)).toEqual([
      0, 0.14002828854314003, 0.28005657708628007, 0.4200848656294201, 0.5601131541725601, 0.7001414427157002,
      0.8401697312588402, 0.9801980198019802,
    ])
    expect(Array.from(binCounts(x, edges))).toEqual([9, 8, 8, 6, 6, 6, 7])
  })

  it('cover several samples together', () => {
    // numpy.histogram_bin_edges(numpy.concatenate([x, y]), 'sturges')
    const y = lattice(70, 11, 97).map((value) => value * 3 - 1)

    expect(Array.from(sturgesEdges(extentOf(x, y)))).toEqual([
      -1, -0.6288659793814433, -0.25773195876288657, 0.11340206185567014, 0.48453608247422686, 0.8556701030927836,
      1.2268041237113403, 1.597938144329897, 1.9690721649484537,
    ])
  })

  it('are at least 1 apart for whole numbers', () => {
    // numpy.histogram_bin_edges([1, 2, 2, 3, 5, …, 5], 'sturges'), as int64 and as float64
    const extent = { count: 16, minimum: 1, maximum: 5 }

    expect(Array.from(sturgesEdges(extent, true))).toEqual([1, 2, 3, 4, 5])
    expect(Array.from(sturgesEdges(extent))).toEqual([1, 1.8, 2.6, 3.4000000000000004, 4.2, 5])
  })

  it('reach around a constant', () => {
    expect(Array.from(sturgesEdges(extentOf([7, 7])))).toEqual([6.5, 7.5])
  })

  it('refuse an extent of nothing', () => {
    expect(() => sturgesEdges({ count: 0, minimum: 0, maximum: 1 })).toThrow('sturgesEdges: 0 values from 0 to 1')
    expect(() => extentOf([1], [])).toThrow('extent: the given sample is empty')
  })
})

describe('quantile edges', () => {
  it('are the deciles of the reference', () => {
    // numpy.quantile(x, numpy.arange(11) / 10)
    const deciles = [
      0, 0.07821782178217822, 0.1722772277227723, 0.25445544554455446, 0.33861386138613864, 0.4207920792079208,
      0.5366336633663367, 0.6425742574257425, 0.7643564356435644, 0.8742574257425743, 0.9801980198019802,
    ]

    quantileEdges(x).forEach((edge, i) => expect(edge).toBeCloseTo(deciles[i]!, 12))
    expect(Array.from(binCounts(x, quantileEdges(x)))).toEqual(Array(10).fill(5))
  })

  it('merge where the sample has few values', () => {
    expect(Array.from(quantileEdges([0, 0, 0, 0, 0, 0, 0, 0, 1, 2], 4))).toEqual([0, 2])
    expect(Array.from(quantileEdges([3, 3, 3]))).toEqual([2.5, 3.5])
  })

  it('refuse no bins and an empty sample', () => {
    expect(() => quantileEdges([1], 0)).toThrow('quantileEdges: 0 bins hold nothing')
    expect(() => quantileEdges([])).toThrow('quantileEdges: the reference sample is empty')
    expect(() => quantileOfSorted([1], 2)).toThrow('quantile: the level is 2')
  })
})

describe('bin counts', () => {
  const edges = [0, 1, 2]
  const values = Float64Array.of(-1, 0, 0.5, 1, 2, 3, 9)

  it.each([
    { outside: 'nearest', counts: [3, 4] },
    { outside: 'own', counts: [1, 2, 2, 2] },
    { outside: 'drop', counts: [2, 2] },
  ] as const)('treat values outside as asked: $outside', ({ outside, counts }) => {
    expect(Array.from(binCounts(values, edges, outside))).toEqual(counts)
  })

  it('are 0 for no values', () => {
    expect(Array.from(binCounts([], edges))).toEqual([0, 0])
  })

  it('refuse edges that do not rise and values that are missing', () => {
    expect(() => binCounts(values, [1])).toThrow('binCounts: 1 edges make no bin')
    expect(() => binCounts(values, [1, 1])).toThrow('binCounts: edge 1 is 1; give finite edges that rise strictly')
    expect(() => binCounts([Number.NaN], edges)).toThrow('binCounts: the given sample holds a value that is not finite')
  })
})
