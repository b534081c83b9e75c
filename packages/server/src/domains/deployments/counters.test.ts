import { expect, it } from 'vitest'
import { addedSince, type Counters } from './counters.ts'

const counters = (bootId: string, requests: number): Counters => ({
  bootId,
  requests,
  errors: requests / 10,
  latencyCounts: [requests, 0],
})

it.each([
  { name: 'everything at first', before: undefined, now: counters('a', 50), requests: 50 },
  { name: 'what came since', before: counters('a', 50), now: counters('a', 80), requests: 30 },
  {
    name: 'everything of a process that started anew',
    before: counters('a', 50),
    now: counters('b', 20),
    requests: 20,
  },
  { name: 'nothing when a report comes twice', before: counters('a', 50), now: counters('a', 50), requests: 0 },
  { name: 'nothing when an older report comes late', before: counters('a', 50), now: counters('a', 40), requests: 0 },
])('adds $name', ({ before, now, requests }) => {
  expect(addedSince(before, now)).toEqual({ requests, errors: requests / 10, latencyCounts: [requests, 0] })
})
