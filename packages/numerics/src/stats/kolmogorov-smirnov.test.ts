import { describe, expect, it } from 'vitest'
import { kolmogorovSmirnov, kolmogorovSmirnovOfCounts, kolmogorovSmirnovP } from './kolmogorov-smirnov.ts'
import { lattice } from './testing.ts'

it.each([
  { name: 'equal samples, another order', reference: [3, 1, 2], current: [1, 2, 3], gap: 0 },
  { name: 'no overlap', reference: [1, 2], current: [3, 4], gap: 1 },
  { name: 'half overlaps', reference: [1, 2, 3, 4], current: [3, 4, 5, 6], gap: 1 / 2 },
  { name: 'ties', reference: [1, 1, 1, 2], current: [1, 2, 2, 2], gap: 1 / 2 },
  { name: 'unequal sizes', reference: [1, 2, 3], current: [2], gap: 1 / 3 },
])('$name', ({ reference, current, gap }) => {
  expect(kolmogorovSmirnov(Float64Array.from(reference), Float64Array.from(current))).toBeCloseTo(gap, 12)
})

it('leaves the samples as they were', () => {
  const reference = Float64Array.of(3, 1, 2)

  kolmogorovSmirnov(reference, Float64Array.of(1))

  expect(reference).toEqual(Float64Array.of(3, 1, 2))
})

it('refuses a sample with a missing value', () => {
  expect(() => kolmogorovSmirnov(Float64Array.of(1), Float64Array.of(Number.NaN))).toThrow(
    'ks: the current sample holds a value that is not finite (NaN at index 0)',
  )
})

it('refuses an empty sample', () => {
  expect(() => kolmogorovSmirnov([], [1])).toThrow('ks: the reference sample is empty')
})

describe('of counts', () => {
  it('measures the widest gap at a bin edge', () => {
    // abs(cumsum(a / sum(a)) - cumsum(b / sum(b))).max(): 40/100 against 25/75 … after three bins
    expect(kolmogorovSmirnovOfCounts([10, 0, 30, 60], [20, 5, 0, 50])).toBeCloseTo(7 / 30, 12)
  })

  it('reaches 1 when no bin is shared', () => {
    expect(kolmogorovSmirnovOfCounts([3, 4, 0, 0], [0, 0, 1, 6])).toBe(1)
  })

  it('refuses bins that do not line up', () => {
    expect(() => kolmogorovSmirnovOfCounts([1, 2], [1])).toThrow('ks: 2 reference bins but 1 current bins')
  })
})

describe('the p-value', () => {
  // scipy.stats.ks_2samp(x, y, method='exact')
  it.each([
    { x: lattice(8, 3, 11), y: lattice(5, 3, 7), statistic: 0.175, p: 0.9992229992229992 },
    {
      x: lattice(50, 7, 101),
      y: power(lattice(70, 11, 97), 1.3),
      statistic: 0.08571428571428572,
      p: 0.9693590979562008,
    },
    {
      x: lattice(997, 331, 1009),
      y: power(lattice(1009, 331, 1013), 1.1),
      statistic: 0.03798809709604532,
      p: 0.44845805030085717,
    },
    {
      x: lattice(997, 331, 1009),
      y: power(lattice(1009, 331, 1013), 1.5),
      statistic: 0.14932209910206337,
      p: 3.131004951277726e-10,
    },
  ])('is exact for samples of $x.length and $y.length', ({ x, y, statistic, p }) => {
    const found = kolmogorovSmirnov(x, y)

    expect(found).toBeCloseTo(statistic, 12)
    expect(kolmogorovSmirnovP(found, x.length, y.length) / p).toBeCloseTo(1, 9)
  })

  it.each([
    // Two of the C(6, 3) = 20 orders keep the samples apart.
    { statistic: 1, n: 3, m: 3, p: 2 / 20 },
    { statistic: 0, n: 3, m: 5, p: 1 },
  ])('counts orders by hand: gap $statistic of $n and $m', ({ statistic, n, m, p }) => {
    expect(kolmogorovSmirnovP(statistic, n, m)).toBeCloseTo(p, 12)
  })

  // scipy.stats.kstwo.sf(statistic, round(n * m / (n + m)))
  it.each([
    { statistic: 0.01, n: 20_000, m: 20_000, p: 0.2682191277029192, tolerance: 3e-6 },
    { statistic: 0.02, n: 20_000, m: 20_000, p: 0.0006616848639387309, tolerance: 3e-6 },
    { statistic: 0.004, n: 1_000_000, m: 500_000, p: 4.6493115319848536e-5, tolerance: 1e-8 },
    { statistic: 0.05, n: 20_000, m: 3000, p: 4.154345977379836e-6, tolerance: 3e-8 },
    { statistic: 0.03, n: 20_000, m: 1001, p: 0.3507517089940546, tolerance: 3e-5 },
    { statistic: 0.2, n: 20_000, m: 50, p: 0.03143877776953241, tolerance: 3e-4 },
    { statistic: 0.0005, n: 20_000, m: 20_000, p: 1, tolerance: 0 },
  ])('is within $tolerance of SciPy for $n and $m values', ({ statistic, n, m, p, tolerance }) => {
    expect(Math.abs(kolmogorovSmirnovP(statistic, n, m) - p)).toBeLessThanOrEqual(tolerance)
  })

  it('refuses a gap above 1 and an empty window', () => {
    expect(() => kolmogorovSmirnovP(1.5, 3, 3)).toThrow('ks: the statistic is 1.5')
    expect(() => kolmogorovSmirnovP(0.5, 0, 3)).toThrow('ks: a window has no rows')
  })
})

function power(values: Float64Array, exponent: number): Float64Array {
  return values.map((value) => value ** exponent)
}
