import { RunState, type RunStep, StepState } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { countsOf, RUN_STATES, STEP_STATES, telling } from './states.ts'

const step = (key: string, state: StepState, endedAt: string | null = null) => ({ key, state, endedAt }) as RunStep

it('has a word of its own for every state', () => {
  expect(new Set(RunState.options.map((state) => RUN_STATES[state].word)).size).toBe(RunState.options.length)
  expect(new Set(StepState.options.map((state) => STEP_STATES[state].word)).size).toBe(StepState.options.length)
})

it('counts what occurs, what needs a look first', () => {
  const counts = countsOf([step('a', 'succeeded'), step('b', 'cached'), step('c', 'failed'), step('d', 'succeeded')])

  expect(counts.map(({ count, word }) => `${count} ${word}`)).toEqual(['1 failed', '2 succeeded', '1 reused'])
})

it('opens the step that failed, else the one that runs, else the one that waits, else the last that ended', () => {
  const ended = [
    step('a', 'succeeded', '2026-01-01T00:00:02Z'),
    step('b', 'succeeded', '2026-01-01T00:00:09Z'),
    step('c', 'succeeded', '2026-01-01T00:00:03Z'),
  ]

  expect(telling([...ended, step('r', 'running'), step('f', 'failed')])?.key).toBe('f')
  expect(telling([...ended, step('r', 'running')])?.key).toBe('r')
  expect(telling([...ended, step('w', 'waiting'), step('r', 'running')])?.key).toBe('r')
  expect(telling([...ended, step('w', 'waiting')])?.key).toBe('w')
  expect(telling(ended)?.key).toBe('b')
  expect(telling([step('p', 'pending')])?.key).toBe('p')
  expect(telling([])).toBeUndefined()
})
