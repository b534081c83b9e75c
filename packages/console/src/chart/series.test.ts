import { expect, it } from 'vitest'
import { tableOf } from './series.ts'

it('has one row for each moment that any series knows, oldest first, with gaps where one does not', () => {
  const series = [
    {
      name: 'a',
      colour: 0,
      dash: 'solid',
      points: [
        [2, 20],
        [1, 10],
      ],
    },
    {
      name: 'b',
      colour: 1,
      dash: 'dashed',
      points: [
        [3, 33],
        [2, null],
      ],
    },
  ] as const

  expect(tableOf(series)).toEqual([
    { atMs: 1, values: [10, null] },
    { atMs: 2, values: [20, null] },
    { atMs: 3, values: [null, 33] },
  ])
})
