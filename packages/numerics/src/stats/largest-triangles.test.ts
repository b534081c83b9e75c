import { describe, expect, it } from 'vitest'
import { largestTriangles } from './largest-triangles.ts'

const x = Float64Array.from({ length: 100 }, (_, i) => i)
const y = x.map((i) => ((i * i * 7919) % 1009) / 10 + (i === 42 ? 250 : 0))

describe('largest triangles', () => {
  it('chooses the points that the Python package lttb 0.3.2 chooses', () => {
    expect([...largestTriangles(x, y, 3)]).toEqual([0, 42, 99])
    expect([...largestTriangles(x, y, 8)]).toEqual([0, 1, 21, 42, 53, 70, 84, 99])
    expect([...largestTriangles(x, y, 20)]).toEqual([
      0, 1, 12, 15, 21, 28, 33, 42, 43, 53, 54, 60, 64, 69, 77, 81, 88, 91, 97, 99,
    ])
  })

  it('does so where points are not equally far apart', () => {
    let at = 0
    const steps = Float64Array.from({ length: 60 }, (_, i) => (at += 1 + ((i * 31) % 7)))
    const values = Float64Array.from({ length: 60 }, (_, i) => ((i * i * 37) % 61) - 30)
    expect([...largestTriangles(steps, values, 12)]).toEqual([0, 1, 9, 14, 23, 26, 31, 42, 44, 52, 55, 59])
  })

  it('keeps the ends alone when two points are asked for, and everything when there is no more', () => {
    expect([...largestTriangles(x, y, 2)]).toEqual([0, 99])
    expect([...largestTriangles(x.slice(0, 3), y.slice(0, 3), 3)]).toEqual([0, 1, 2])
    expect([...largestTriangles(new Float64Array(), new Float64Array(), 2)]).toEqual([])
  })

  it('refuses what is no curve', () => {
    expect(() => largestTriangles(x, y, 1)).toThrow(RangeError)
    expect(() => largestTriangles(x, y.slice(1), 5)).toThrow(RangeError)
  })
})
