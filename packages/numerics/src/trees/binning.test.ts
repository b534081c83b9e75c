import { describe, expect, it } from 'vitest'
import { binnedCategories, binOf, binThresholds } from './binning.ts'
import { parkMiller } from './testing.ts'

describe('bins of a numerical feature', () => {
  it('lie between the values when those are few', () => {
    const values = Float32Array.of(1, 1, 1, 2, 2, 2, 4, 4, 4)

    expect([...binThresholds(values)]).toEqual([1.5, 3])
  })

  it('hold at least three rows', () => {
    expect([...binThresholds(Float32Array.of(1, 2, 3, 4, 5, 6, 7))]).toEqual([3.5, 6.5])
  })

  it('are one when all values agree', () => {
    expect([...binThresholds(new Float32Array(9).fill(5))]).toEqual([])
  })

  it('part neighbours that no float32 lies between', () => {
    const lower = Math.fround(1.1)
    const upper = nextFloat32(lower)
    const values = Float32Array.of(lower, lower, lower, upper, upper, upper)

    expect([...binThresholds(values)]).toEqual([lower])
    expect([binOf(lower, binThresholds(values)), binOf(upper, binThresholds(values))]).toEqual([0, 1])
  })

  it('have about equal weight when values are many, and give a frequent value one of its own', () => {
    const numbers = parkMiller(5)
    const rare = Array.from({ length: 20_000 }, () => numbers.next().value / 2 ** 31)
    const values = Float32Array.from([...rare, ...Array.from({ length: 5000 }, () => 0.5)]).sort()

    const thresholds = binThresholds(values)
    const counts = new Float64Array(thresholds.length + 1)
    for (const value of values) counts[binOf(value, thresholds)]!++
    const frequent = binOf(0.5, thresholds)

    expect(thresholds).toHaveLength(254)
    expect(counts[frequent]).toBeGreaterThanOrEqual(5000)
    expect(counts[frequent]).toBeLessThan(5100)
    expect(Math.max(...[...counts].toSpliced(frequent, 1))).toBeLessThan(2 * (20_000 / 254))
    expect(thresholds).toEqual(thresholds.toSorted())
  })
})

it('gives bins to the most frequent categories with three rows or more', () => {
  expect([...binnedCategories(Int32Array.of(2, 7, 3, 7, 0))]).toEqual([1, 3, 2])
})

it('has bins for 255 categories', () => {
  expect(binnedCategories(new Int32Array(300).fill(9))).toHaveLength(255)
})

function nextFloat32(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)
  bits[0]!++
  return new Float32Array(bits.buffer)[0]!
}
