import { describe, expect, it } from 'vitest'
import { countSlow, latencyEdgesMs, onOurEdges, quantileMs } from './latency.ts'

const one = (edgesMs: number[], counts: number[]) => onOurEdges({ edgesMs, counts })

describe('edges', () => {
  it('rise from 0.1 ms to 30 s', () => {
    expect(latencyEdgesMs[0]).toBe(0.1)
    expect(latencyEdgesMs.at(-1)).toBe(30_000)
    expect(latencyEdgesMs).toEqual(latencyEdgesMs.toSorted((a, b) => a - b))
  })

  it('keep every request of a histogram that has them already', () => {
    const counts = Array.from({ length: latencyEdgesMs.length + 1 }, (_, i) => i)

    expect(onOurEdges({ edgesMs: latencyEdgesMs, counts })).toEqual(counts)
  })

  it('call a bucket that lies across an edge slower, and never lose a request', () => {
    const moved = one([7, 90], [3, 4, 5])

    expect(moved[latencyEdgesMs.indexOf(7.5)]).toBe(3)
    expect(moved[latencyEdgesMs.indexOf(100)]).toBe(4)
    expect(moved.at(-1)).toBe(5)
    expect(moved.reduce((a, b) => a + b)).toBe(12)
  })
})

it('counts as slow what took longer, and the whole bucket that the limit lies in', () => {
  const counts = one([75, 100, 150], [1, 2, 4, 8])

  expect(countSlow(counts, 100)).toBe(12)
  expect(countSlow(counts, 90)).toBe(14)
  expect(countSlow(counts, 1e9)).toBe(8)
})

describe('quantiles', () => {
  it('lie linearly within their bucket', () => {
    const counts = one([1, 1.5, 2], [0, 0, 100, 0])

    expect(quantileMs(counts, 0.5)).toBeCloseTo(1.75, 12)
    expect(quantileMs(counts, 0.99)).toBeCloseTo(1.995, 12)
  })

  it('are none without requests, and 30 s for all beyond the edges', () => {
    expect(quantileMs([], 0.5)).toBeNull()
    expect(quantileMs(one([1], [0, 7]), 0.5)).toBe(30_000)
  })
})
