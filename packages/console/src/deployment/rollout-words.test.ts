import { RolloutState } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { ROLLOUT_STATES, stepsDone, stepsOf } from './rollout-words.ts'

it('has a word of its own for every state', () => {
  const words = RolloutState.options.map((state) => ROLLOUT_STATES[state].word)

  expect(new Set(words).size).toBe(RolloutState.options.length)
})

it('never goes back on the way to success', () => {
  const steps = stepsOf([5, 20])
  const way = [
    stepsDone('awaiting_approval', 0, steps.length),
    stepsDone('loading', 0, steps.length),
    stepsDone('canary', 0, steps.length),
    stepsDone('canary', 1, steps.length),
    stepsDone('promoting', 1, steps.length),
    stepsDone('succeeded', 1, steps.length),
  ]

  expect(steps).toEqual(['approval', 'load', '5 %', '20 %', '100 %'])
  expect(way).toEqual([0, 1, 2, 3, 4, 5])
})
