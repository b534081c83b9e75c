import { expect, it } from 'vitest'
import { createJumpWatch } from './clock-jump.ts'

it('tells how far a clock was set, in either direction and once, and takes small corrections for none', () => {
  const clock = { wall: 1_000_000, steady: 0 }
  const jumpedMs = createJumpWatch(
    () => clock.wall,
    () => clock.steady,
  )
  const pass = (wallMs: number, steadyMs: number) => {
    clock.wall += wallMs
    clock.steady += steadyMs
    return jumpedMs()
  }

  expect(pass(60_000, 60_000)).toBe(0)
  expect(pass(86_400_000 + 2000, 2000)).toBe(86_400_000)
  expect(pass(2000, 2000)).toBe(0)
  expect(pass(-3_600_000, 500)).toBe(-3_600_500)
  expect(pass(9000, 0)).toBe(0)
})
