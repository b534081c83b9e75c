import { expect, it } from 'vitest'
import { similarRowsTogether } from './similar-rows.ts'

it('puts rows of the same categories together, then those of like values, missing ones first', () => {
  const hour = { kind: 'numerical', name: 'hour', values: Float32Array.of(23, 1, NaN, 22.9, Infinity, 2, 1) } as const
  const origin = {
    kind: 'categorical',
    name: 'o',
    codes: Int32Array.of(1, 1, 1, 0, 1, -1, 1),
    categories: ['A', 'B'],
  } as const

  expect([...similarRowsTogether([hour, origin], 7)]).toEqual([5, 3, 2, 1, 6, 0, 4])
})

it('orders by as many columns as a key can hold, and gives every row once', () => {
  const values = Float32Array.from({ length: 1000 }, (_, row) => (row * 389) % 1000)
  const columns = Array.from({ length: 20 }, (_, at) => ({ kind: 'numerical' as const, name: `x${at}`, values }))

  const rows = similarRowsTogether(columns, 1000)

  expect([...rows].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, row) => row))
})
