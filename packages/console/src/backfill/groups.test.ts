import type { BackfillPartition } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { groupsOf } from './groups.ts'

const of = (...names: string[]) => names.map((partition) => ({ partition }) as BackfillPartition)
const read = (...args: Parameters<typeof groupsOf>) =>
  groupsOf(...args).map(({ name, partitions }) => [name, ...partitions.map(({ short }) => short)])

it('puts days by month, hours by day, weeks and months by year, in their order', () => {
  expect(read('day', of('2025-01-31', '2025-02-01', '2025-02-02'))).toEqual([
    ['2025-01', '31'],
    ['2025-02', '01', '02'],
  ])
  expect(read('hour', of('2025-01-31T23:00Z', '2025-02-01T00:00Z'))).toEqual([
    ['2025-01-31', '23'],
    ['2025-02-01', '00'],
  ])
  expect(read('week', of('2024-12-30', '2025-01-06'))).toEqual([
    ['2024', '12-30'],
    ['2025', '01-06'],
  ])
  expect(read('month', of('2025-01-01', '2025-02-01'))).toEqual([['2025', '01-01', '02-01']])
})
