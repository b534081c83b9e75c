import { describe, expect, it } from 'vitest'
import { partitionsOf } from './partitions.ts'

const cut = (range: Partial<Parameters<typeof partitionsOf>[0]>) => {
  const parts = partitionsOf({ from: '2025-01-01', to: '2025-01-01', unit: 'day', every: 1, timezone: 'UTC', ...range })
  if (typeof parts === 'string') throw new Error(parts)
  return parts
}
const hours = (parts: ReturnType<typeof cut>) => parts.map(({ start, end }) => (end - start) / 3_600_000)
const labels = (parts: ReturnType<typeof cut>) => parts.map(({ label }) => label)
const iso = (moment: number | undefined) => new Date(moment!).toISOString()

describe('partitions of a range', () => {
  it('are 365 days of a year, whose last date belongs to it', () => {
    const year = cut({ to: '2025-12-31' })

    expect(year).toHaveLength(365)
    expect([year[0]!.label, year.at(-1)!.label, year.at(-1)!.endLabel]).toEqual([
      '2025-01-01',
      '2025-12-31',
      '2026-01-01',
    ])
    expect(year.every(({ start }, at) => at === 0 || start === year[at - 1]!.end)).toBe(true)
  })

  it.each([
    ['Europe/Berlin', '2025-03-29', '2025-03-31', [24, 23, 24], '2025-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2025-10-25', '2025-10-27', [24, 25, 24], '2025-10-24T22:00:00.000Z'],
    ['America/New_York', '2025-03-08', '2025-03-10', [24, 23, 24], '2025-03-08T05:00:00.000Z'],
    ['America/New_York', '2025-11-01', '2025-11-03', [24, 25, 24], '2025-11-01T04:00:00.000Z'],
    // Midnight itself is skipped here, and is repeated there.
    ['Africa/Cairo', '2025-04-24', '2025-04-26', [24, 23, 24], '2025-04-23T22:00:00.000Z'],
    ['America/Havana', '2025-11-01', '2025-11-03', [24, 25, 24], '2025-11-01T04:00:00.000Z'],
    // Half an hour, and far from UTC.
    ['Australia/Lord_Howe', '2025-04-05', '2025-04-07', [24, 24.5, 24], '2025-04-04T13:00:00.000Z'],
    ['Pacific/Auckland', '2025-09-27', '2025-09-29', [24, 23, 24], '2025-09-26T12:00:00.000Z'],
  ])('in %s from %s to %s last %j hours', (timezone, from, to, expected, first) => {
    const parts = cut({ timezone, from, to })

    expect(hours(parts)).toEqual(expected)
    expect(iso(parts[0]!.start)).toBe(first)
    expect(labels(parts)[0]).toBe(from)
  })

  it('leave out the day that a zone never had', () => {
    expect(labels(cut({ timezone: 'Pacific/Apia', from: '2011-12-29', to: '2011-12-31' }))).toEqual([
      '2011-12-29',
      '2011-12-31',
    ])
  })

  it('of months keep to the day of the month where it exists, and the last ends with the range', () => {
    const months = cut({ from: '2024-01-31', to: '2024-05-09', unit: 'month' })

    expect(labels(months)).toEqual(['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30'])
    expect(iso(months.at(-1)!.end)).toBe('2024-05-10T00:00:00.000Z')
  })

  it('of weeks keep to their local midnight over a change of the clocks', () => {
    const weeks = cut({ from: '2025-03-24', to: '2025-04-06', unit: 'week', timezone: 'Europe/Berlin' })

    expect(weeks.map(({ start }) => iso(start))).toEqual(['2025-03-23T23:00:00.000Z', '2025-03-30T22:00:00.000Z'])
    expect(hours(weeks)).toEqual([167, 168])
  })

  it('of six hours have moments for names; a moment that ends the range does not belong to it', () => {
    const parts = cut({ from: '2025-01-01T06:00:00Z', to: '2025-01-01T20:00:00Z', unit: 'hour', every: 6 })

    expect(labels(parts)).toEqual(['2025-01-01T06:00Z', '2025-01-01T12:00Z', '2025-01-01T18:00Z'])
    expect(hours(parts)).toEqual([6, 6, 2])
  })

  it('are 10,000 at most', () => {
    const range = { from: '2025-01-01T00:00:00Z', unit: 'hour', every: 1, timezone: 'UTC' } as const
    const until = (count: number) => new Date(Date.UTC(2025, 0, 1, count)).toISOString()

    expect(partitionsOf({ ...range, to: until(10_000) })).toHaveLength(10_000)
    expect(partitionsOf({ ...range, to: until(10_001) })).toContain('more than 10000 partitions')
  })

  it.each([
    [{ from: '2025-01-02', to: '2025-01-01T00:00:00Z' }, 'ends before it begins'],
    [{ from: '2025-01-01T00:00:00Z', to: '2025-01-01T00:00:00Z' }, 'is empty'],
    [{ timezone: 'Europe/Nowhere' }, 'is unknown'],
    [{ timezone: 'Europe/Berlin', unit: 'hour' as const }, 'Hours are the same everywhere'],
  ])('%j are refused: the range %s', (range, why) => {
    expect(() => cut(range)).toThrow(why)
  })
})
