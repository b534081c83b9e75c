import { expect, it } from 'vitest'
import { dataOccasion, dueAt } from './data.ts'
import { countDataFirings, monthEndsSince } from './last-days.ts'

const at = (seconds: number) => new Date(seconds * 1000)
const debounce = { quietSeconds: 10, maxWaitSeconds: 60 }

it('is due after the quiet, and no later than the longest wait', () => {
  expect(dueAt(debounce, at(0), at(0))).toEqual(at(10))
  expect(dueAt(debounce, at(0), at(49))).toEqual(at(59))
  expect(dueAt(debounce, at(0), at(55))).toEqual(at(60))
})

it('tells what has come together', () => {
  const arrival = { dataset: 'events', version: 3, rowCount: 5, eventTime: '2001-01-03T00:00:00.000Z' }

  expect(dataOccasion(arrival)).toMatchObject({
    dedupeKey: 'events@3',
    says: 'Version 3 of "events" was accepted, with 5 rows.',
    evidence: { versions: ['events@3'], rowCount: 5 },
  })
  const before = {
    dedupe_key: 'events@3',
    evidence: { versions: ['events@3'], rowCount: 5 },
    event_time: new Date('2001-01-03T00:00:00Z'),
  }
  expect(
    dataOccasion({ ...arrival, version: 4, eventTime: '2001-01-02T00:00:00.000Z' }, before as never),
  ).toMatchObject({
    dedupeKey: 'events@3',
    says: '2 versions of "events" were accepted, events@3 to events@4, with 10 rows.',
    eventTime: '2001-01-03T00:00:00.000Z',
    evidence: { versions: ['events@3', 'events@4'], rowCount: 10 },
  })
})

const every = (seconds: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ at: at(index * seconds), rowCount: 10 }))

it.each([
  { what: 'each version', on: { minNewRows: 0 }, arrivals: every(5, 6), count: 6 },
  { what: 'once for what comes together', on: { minNewRows: 0, debounce }, arrivals: every(5, 6), count: 1 },
  { what: 'again after the longest wait', on: { minNewRows: 0, debounce }, arrivals: every(5, 20), count: 2 },
  { what: 'each after a pause', on: { minNewRows: 0, debounce }, arrivals: every(11, 3), count: 3 },
  { what: 'when there are rows enough', on: { minNewRows: 25 }, arrivals: every(5, 7), count: 2 },
  { what: 'never', on: { minNewRows: 0 }, arrivals: [], count: 0 },
])('counts $what', ({ on, arrivals, count }) => {
  expect(countDataFirings(on, arrivals)).toBe(count)
})

it('counts the months that became complete', () => {
  const version = (createdAt: string, from: string, until: string) => ({
    createdAt: `${createdAt}T00:00:00Z`,
    eventTimeMin: `${from}T00:00:00Z`,
    eventTimeMax: `${until}T12:00:00Z`,
  })
  const versions = [
    version('2026-11-02', '2001-02-01', '2001-02-10'),
    version('2026-10-01', '2001-01-01', '2001-01-31'),
    version('2026-11-03', '2001-02-11', '2001-02-28'),
    version('2026-11-04', '2001-03-01', '2001-04-30'),
  ]

  expect(monthEndsSince(versions, new Date('2026-11-01'))).toBe(2)
  expect(monthEndsSince(versions, new Date('2026-09-01'))).toBe(3)
})
