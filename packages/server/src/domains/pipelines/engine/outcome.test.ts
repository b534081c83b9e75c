import { expect, it } from 'vitest'
import { outcomeOf } from './outcome.ts'
import type { Stop } from './states.ts'

const exit = (exitCode: number) => ({ state: 'ended' as const, endedAt: new Date(0), exitCode })
const timeout: Stop = { stage: 'term', why: 'timeout', at: 0 }
const cancelled: Stop = { stage: 'kill', why: 'cancelled', at: 0 }

it.each([
  { seen: exit(0), stop: null, outcome: 'ok' },
  { seen: exit(1), stop: null, outcome: 'exit' },
  { seen: exit(75), stop: null, outcome: 'retry_requested' },
  { seen: exit(78), stop: null, outcome: 'config' },
  { seen: exit(124), stop: null, outcome: 'timeout' },
  { seen: exit(137), stop: null, outcome: 'signal' },
  { seen: exit(143), stop: timeout, outcome: 'timeout' },
  { seen: exit(143), stop: cancelled, outcome: 'cancelled' },
  { seen: exit(1), stop: cancelled, outcome: 'cancelled' },
  { seen: exit(0), stop: timeout, outcome: 'ok' },
  { seen: { state: 'lost' as const }, stop: null, outcome: 'lost' },
  { seen: { state: 'lost' as const }, stop: cancelled, outcome: 'cancelled' },
  { seen: { state: 'unknown' as const }, stop: null, outcome: 'lost' },
  { seen: { ...exit(137), cause: 'oom' as const }, stop: null, outcome: 'oom' },
  { seen: { state: 'lost' as const, cause: 'oom' as const }, stop: null, outcome: 'oom' },
  { seen: { state: 'lost' as const, cause: 'oom' as const }, stop: timeout, outcome: 'timeout' },
  { seen: { state: 'lost' as const, cause: 'evicted' as const, says: 'Drained.' }, stop: null, outcome: 'evicted' },
  { seen: { state: 'lost' as const, cause: 'not_started' as const }, stop: null, outcome: 'submit_failed' },
])('reads $seen with the stop $stop.why as $outcome', ({ seen, stop, outcome }) => {
  expect(outcomeOf(seen, stop)).toMatchObject({ outcome, reason: expect.stringMatching(/\.$/) })
})
