import { expect, it } from 'vitest'
import { formatDifference } from './analysis-words.ts'

it('writes shares of requests as percent and everything else as it is, with a sign', () => {
  expect(formatDifference('errors', -0.0008)).toBe('−0.08 %')
  expect(formatDifference('latency', 0.0041)).toBe('+0.41 %')
  expect(formatDifference('errors', 0)).toBe('0.00 %')
  expect(formatDifference('quality', -0.003)).toBe('−0.003')
})
