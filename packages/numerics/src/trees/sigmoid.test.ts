import { expect, it } from 'vitest'
import { sigmoid } from './sigmoid.ts'

it('is within 4e-10 of the exponential, near and far', () => {
  let widest = 0
  for (let x = -40; x <= 40; x += 0.0013) widest = Math.max(widest, Math.abs(sigmoid(x) - 1 / (1 + Math.exp(-x))))

  expect(widest).toBeLessThan(4e-10)
  expect([sigmoid(-Infinity), sigmoid(0), sigmoid(Infinity)]).toEqual([0, 0.5, 1])
})
