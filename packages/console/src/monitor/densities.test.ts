import { expect, it } from 'vitest'
import { densities } from './densities.ts'

it('makes bins of different width comparable: the areas add up to one', () => {
  const bars = densities({ edges: [0, 1, 3], counts: [10, 30] })

  expect(bars).toEqual([
    { from: 0, to: 1, share: 0.25, density: 0.25 },
    { from: 1, to: 3, share: 0.75, density: 0.375 },
  ])
  expect(bars.reduce((area, { from, to, density }) => area + (to - from) * density, 0)).toBe(1)
})

it('is empty without rows and finite for a bin without width', () => {
  expect(densities({ edges: [0, 1], counts: [0] })).toEqual([])
  expect(densities({ edges: [2, 2], counts: [5] })).toEqual([{ from: 2, to: 2, share: 1, density: 0 }])
})
