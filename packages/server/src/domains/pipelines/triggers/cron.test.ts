import { describe, expect, it } from 'vitest'
import {
  cronOccasions,
  type CronSource,
  newestOccurrences,
  nextOccurrences,
  occurrencesBetween,
  whyNotCron,
} from './cron.ts'

const at = (text: string) => new Date(`${text}Z`)
const berlin = (cron: string) => ({ cron, timezone: 'Europe/Berlin' })
const texts = (moments: readonly Date[]) => moments.map((moment) => moment.toISOString().slice(0, 16))

describe('when the clocks change', () => {
  // Europe/Berlin: 2026-03-29 02:00 becomes 03:00, and 2026-10-25 03:00 becomes 02:00, both at 01:00 UTC.

  it('fires a time that is skipped once, after the gap', () => {
    expect(texts(nextOccurrences(berlin('30 2 * * *'), at('2026-03-28T12:00'), 2))).toEqual([
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ])
  })

  it('fires a time that comes twice once, the first time', () => {
    expect(texts(nextOccurrences(berlin('30 2 * * *'), at('2026-10-24T12:00'), 2))).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })

  it('fires what has no fixed hour through both hours', () => {
    expect(texts(nextOccurrences(berlin('30 * * * *'), at('2026-10-24T23:00'), 4))).toEqual([
      '2026-10-24T23:30',
      '2026-10-25T00:30',
      '2026-10-25T01:30',
      '2026-10-25T02:30',
    ])
  })

  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-27T00:00'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-23T00:00'],
    ['*/20 1-3 * * *', 'Europe/Berlin', '2026-10-23T00:00'],
    ['30 1 * * *', 'America/New_York', '2026-10-30T00:00'],
    ['30 2 * * *', 'America/New_York', '2026-03-06T00:00'],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T00:00'],
  ])('finds the same occurrences of %s in %s wherever it starts', (cron, timezone, from) => {
    const start = at(from).getTime()
    const all = occurrencesBetween({ cron, timezone }, new Date(start), new Date(start + 4 * 86_400_000), Infinity)

    for (let after = start; after < start + 3 * 86_400_000; after += 10 * 60_000) {
      const [next] = nextOccurrences({ cron, timezone }, new Date(after), 1)
      expect(next).toEqual(all.find((moment) => moment.getTime() > after))
    }
  })
})

it('leaves the start out and takes the end in', () => {
  const hourly = { cron: '0 * * * *', timezone: 'UTC' }

  expect(texts(occurrencesBetween(hourly, at('2026-01-01T01:00'), at('2026-01-01T03:00'), 9))).toEqual([
    '2026-01-01T02:00',
    '2026-01-01T03:00',
  ])
  expect(occurrencesBetween(hourly, at('2026-01-01T01:00'), at('2026-01-01T01:00'), 9)).toEqual([])
  expect(occurrencesBetween(hourly, at('2026-01-01T05:00'), at('2026-01-01T01:00'), 9)).toEqual([])
})

it('finds the newest of a month of minutes without going through all of them', () => {
  const every = { cron: '* * * * *', timezone: 'Europe/Berlin' }
  const begun = performance.now()

  const { moments, more } = newestOccurrences(every, at('2026-03-01T00:00'), at('2026-04-01T00:00'), 2)

  expect(texts(moments)).toEqual(['2026-03-31T23:59', '2026-04-01T00:00'])
  expect(more).toBe(true)
  expect(performance.now() - begun).toBeLessThan(2500)
})

describe('what was missed', () => {
  const source = (catchUp: CronSource['catchUp']): CronSource => ({
    kind: 'cron',
    cron: '0 3 * * *',
    timezone: 'UTC',
    catchUp,
  })
  const monthAgo = at('2026-01-01T00:00')
  const now = at('2026-01-31T12:00')

  it('catches up on the newest', () => {
    expect(cronOccasions(source('latest'), monthAgo, now)).toEqual([
      expect.objectContaining({
        dedupeKey: '2026-01-31T03:00:00.000Z',
        says:
          'The schedule "0 3 * * *" (UTC) was due at 2026-01-31T03:00:00.000Z, 9 h ago. ' +
          'Earlier ones since 2026-01-01T00:00:00.000Z are left out.',
        evidence: { nominalTime: '2026-01-31T03:00:00.000Z', latenessSeconds: 32_400, caughtUp: true },
      }),
    ])
  })

  it('catches up on the newest few, oldest first', () => {
    const found = cronOccasions({ ...source({ all: 3 }), timeParam: 'day' }, monthAgo, now)

    expect(found.map(({ params }) => params)).toEqual([
      { day: '2026-01-29T03:00:00.000Z' },
      { day: '2026-01-30T03:00:00.000Z' },
      { day: '2026-01-31T03:00:00.000Z' },
    ])
    expect(found.map(({ says }) => says.includes('left out'))).toEqual([true, false, false])
  })

  it('catches up on nothing, and says so once', () => {
    expect(cronOccasions(source('none'), monthAgo, now)).toMatchObject([{ against: expect.stringContaining('missed') }])
  })

  it('is not missed when it is seen within a minute', () => {
    const [occasion] = cronOccasions(source('none'), at('2026-01-31T02:59'), at('2026-01-31T03:00:59'))

    expect(occasion).toMatchObject({ says: 'The schedule "0 3 * * *" (UTC) was due at 2026-01-31T03:00:00.000Z.' })
    expect(occasion!.against).toBeUndefined()
  })

  it('is nothing when the clock stands still or goes back', () => {
    expect(cronOccasions(source('latest'), now, now)).toEqual([])
    expect(cronOccasions(source('latest'), now, monthAgo)).toEqual([])
  })
})

it.each([
  ['0 3 * * *', 'Europe/Berlin'],
  ['@daily', 'UTC'],
  ['0 9 * * MON-THU', 'UTC'],
])('takes %s in %s', (cron, timezone) => {
  expect(whyNotCron({ cron, timezone })).toBeUndefined()
})

it.each([
  ['0 3 * *', 'UTC', 'has 4 fields and needs five'],
  ['0 0 3 * * *', 'UTC', 'has 6 fields and needs five'],
  ['H 3 * * *', 'UTC', 'must name its minutes'],
  ['0 0 30 2 *', 'UTC', 'cannot be read'],
  ['61 * * * *', 'UTC', 'cannot be read'],
  ['0 3 * * *', 'Mars/Olympus', 'time zone "Mars/Olympus" is unknown'],
])('refuses %s in %s: it %s', (cron, timezone, why) => {
  expect(whyNotCron({ cron, timezone })).toContain(why)
})
