import { expect, it } from 'vitest'
import { plural } from './plural.ts'

it.each([
  [0, '0 steps'],
  [1, '1 step'],
  [2, '2 steps'],
  [5012, '5,012 steps'],
])('says how many there are: %i', (count, says) => {
  expect(plural(count, 'step')).toBe(says)
})
