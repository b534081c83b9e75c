import { expect, it } from 'vitest'
import { recordEnd, recordSilence, recordStart, reopen, settle } from './apply.ts'
import type { Plan, PlannedStep } from './states.ts'
import { fresh, plainStep, planOf, settleNew } from './testing.ts'

const train = { step: 'train', attempt: 1 }
const plan = (step: Partial<PlannedStep> = {}): Plan => planOf([{ ...plainStep, ...step }])
const chain = (last: Partial<PlannedStep>): Plan =>
  planOf([plainStep, { ...plainStep, key: 'report', needs: ['train'], ...last }])

const started = (of: Plan) => recordStart(settleNew(of, fresh(of), 0).states, train, 0)

it('ends a run that takes too long as failed, stops what runs, and still tidies up', () => {
  const of: Plan = { ...chain({ when: 'always' }), timeoutMs: 40_000 }
  const says = 'The run took longer than its timeout of 40s.'

  expect(settle(of, started(of), 39_999)).toMatchObject({ effects: [], wakeAt: 40_000 })
  const told = settle(of, started(of), 40_000)
  expect(told.effects).toEqual([{ kind: 'kill', ...train, stage: 'term', why: 'run_timeout' }])
  const stopped = recordEnd(told.states, train, { outcome: 'cancelled', reason: 'Stopped.' }, 40_001)
  const after = settleNew(of, stopped, 40_001).states
  expect(after.steps).toMatchObject([{ state: 'cancelled', reason: says }, { state: 'running' }])

  const tidied = { step: 'report', attempt: 1 }
  const done = recordEnd(recordStart(after, tidied, 40_002), tidied, { outcome: 'ok', reason: 'Done.' }, 90_000)
  expect(settle(of, done, 90_000).states.run).toMatchObject({ state: 'failed', reason: says })
  expect(settle(of, reopen(settle(of, done, 90_000).states), 95_000).states.run).toMatchObject({
    state: 'running',
    deadlineAt: 135_000,
  })
})

it('stops an attempt that is silent for too long, and none that has no heartbeat to keep', () => {
  const watched = plan({ heartbeatMs: 5000, retries: 1 })
  const silent = settle(watched, recordSilence(started(watched), train, 1000), 6000)
  const free = plan()

  expect(silent.effects).toEqual([{ kind: 'kill', ...train, stage: 'term', why: 'stalled' }])
  const ended = recordEnd(silent.states, train, { outcome: 'stalled', reason: 'Silent.' }, 6001)
  expect(settle(watched, ended, 6001).states.steps[0]).toMatchObject({ state: 'waiting' })
  expect(settle(free, recordSilence(started(free), train, 1000), 59_000).effects).toEqual([])
})

it('lets the first failure of a matrix end the others where it is asked to, and names it', () => {
  const keys = ['m[n=1]', 'm[n=2]', 'm[n=3]']
  const of = (failFast: boolean): Plan => planOf(keys.map((key) => ({ ...plainStep, key, failFast, maxParallel: 2 })))
  const first = { step: 'm[n=1]', attempt: 1 }
  const failed = (plan: Plan) =>
    settle(plan, recordEnd(settleNew(plan, fresh(plan), 0).states, first, { outcome: 'exit', reason: 'No.' }, 5), 5)

  expect(failed(of(false)).states.steps).toMatchObject([
    { state: 'failed' },
    { state: 'running' },
    { state: 'running' },
  ])
  const quick = failed(of(true))
  const reason = '"m[n=1]" failed, and the first failure ends the others of its matrix (fail_fast).'
  expect(quick.effects).toEqual([{ kind: 'kill', step: 'm[n=2]', attempt: 1, stage: 'term', why: 'fail_fast' }])
  expect(quick.states.steps[2]).toMatchObject({ state: 'cancelled', reason })
  const second = { step: 'm[n=2]', attempt: 1 }
  const done = settle(of(true), recordEnd(quick.states, second, { outcome: 'cancelled', reason: 'Told.' }, 6), 6).states
  expect(done).toMatchObject({ run: { state: 'failed' }, steps: [{}, { state: 'cancelled', reason }, {}] })
})

it('comes to rest although the first step of the longest chain fails', () => {
  const keys = Array.from({ length: 2000 }, (_, at) => `s${at}`)
  const steps = keys.map((key, at) => ({ ...plainStep, key, needs: at === 0 ? [] : [keys[at - 1]!] }))
  const of = planOf(steps.toReversed(), 1)
  const first = { step: 's0', attempt: 1 }
  const failed = recordEnd(settleNew(of, fresh(of), 0).states, first, { outcome: 'exit', reason: 'No.' }, 1)

  expect(settle(of, failed, 1).states.run.state).toBe('failed')
})
