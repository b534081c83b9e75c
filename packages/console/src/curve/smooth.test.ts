import { expect, it } from 'vitest'
import { smoothed } from './smooth.ts'

it('weighs what came before, without a pull towards zero at the start', () => {
  // By hand: (0.5·1 + 0.25·0) / 0.75 and (0.5·4 + 0.25·1 + 0.125·0) / 0.875 with the newest first.
  expect(smoothed([0, 1, 4], 0.5)).toEqual([0, 0.5 / 0.75, (2 + 0.25) / 0.875])
  expect(smoothed([3, 3, 3, 3], 0.9).every((value) => Math.abs(value! - 3) < 1e-12)).toBe(true)
})

it('leaves values as they are without a weight, and gaps as gaps', () => {
  expect(smoothed([5, null, -2], 0)).toEqual([5, null, -2])
  expect(smoothed([4, null, 4], 0.6)[1]).toBeNull()
})
