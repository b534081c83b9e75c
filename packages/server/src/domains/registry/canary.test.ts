import { RolloutState } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { readRollout } from './canary.ts'
import { rolloutOf } from './testing.ts'

it.each([
  ['succeeded', 'promoted'],
  ['rolled_back', 'rolled_back'],
  ['failed', 'failed'],
] as const)('records a rollout that %s as %s', (state, verdict) => {
  const rollout = rolloutOf({ state, says: 'In numbers.', eventTimeEnd: '2001-04-09T00:00:00.000Z' })

  expect(readRollout(rollout)).toEqual({
    kind: 'ended',
    verdict: {
      rolloutId: rollout.id,
      verdict,
      says: 'In numbers.',
      decidedAt: rollout.endedAt,
      eventTime: '2001-04-09T00:00:00.000Z',
    },
  })
})

it('calls a version the challenger only while its canary runs or waits', () => {
  const challenging = RolloutState.options.filter((state) => readRollout(rolloutOf({ state })).kind === 'challenger')

  expect(challenging).toEqual(['canary', 'paused'])
})

it('gives no verdict on a version whose rollout was declined: it never ran', () => {
  expect(readRollout(rolloutOf({ state: 'declined' }))).toEqual({ kind: 'none' })
})

it('says of a promotion why it was decided, not that it is done', () => {
  const decided = { at: '2026-03-02T12:00:00.000Z', says: 'Not worse on any check.', by: 'evenkeel' }
  const rollout = rolloutOf({ says: 'v1 serves all traffic', history: [{ ...decided, state: 'promoting' }] })

  expect(readRollout(rollout)).toMatchObject({ verdict: { verdict: 'promoted', says: 'Not worse on any check.' } })
})
