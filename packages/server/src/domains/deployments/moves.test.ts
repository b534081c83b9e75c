import { RolloutState } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { isEnded, requireMove } from './moves.ts'

/** By hand, from the drawing in the reference: what may follow what. */
const legal = [
  'awaiting_approval>loading',
  'awaiting_approval>declined',
  'loading>canary',
  'loading>promoting',
  'loading>failed',
  'loading>rolling_back',
  'canary>canary',
  'canary>paused',
  'canary>promoting',
  'canary>rolling_back',
  'paused>canary',
  'paused>promoting',
  'paused>rolling_back',
  'promoting>succeeded',
  'promoting>rolling_back',
  'promoting>failed',
  'rolling_back>rolled_back',
]
const pairs = RolloutState.options.flatMap((from) => RolloutState.options.map((to) => ({ from, to })))

const isLegal = ({ from, to }: (typeof pairs)[number]) => legal.includes(`${from}>${to}`)

it.each(pairs.filter(isLegal))('$from > $to is allowed', ({ from, to }) => {
  expect(() => requireMove(from, to)).not.toThrow()
})

it.each(pairs.filter((pair) => !isLegal(pair)))('$from > $to is refused', ({ from, to }) => {
  expect(() => requireMove(from, to)).toThrow(`cannot go from ${from} to ${to}`)
})

it('ends where nothing may follow', () => {
  const ends = RolloutState.options.filter(isEnded)

  expect(ends).toEqual(['succeeded', 'rolled_back', 'failed', 'declined'])
})
