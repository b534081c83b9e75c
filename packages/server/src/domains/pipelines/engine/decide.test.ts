import { describe, expect, it } from 'vitest'
import { apply, recordEnd, recordLookUp, recordStart, requestCancel, reopen } from './apply.ts'
import { needsSuccess, staysAfterCancel } from './condition.ts'
import { retryDelayMs } from './decide.ts'
import { matrixOf } from './halt.ts'
import { hasEnded, isLive, type Plan, type PlannedStep, type States } from './states.ts'
import {
  countStates,
  decide,
  forAnyPlan,
  fresh,
  limits,
  live,
  plainStep,
  planOf,
  settle,
  settleNew,
} from './testing.ts'

const attemptCount = ({ steps }: States) => steps.reduce((sum, { attempts }) => sum + attempts.length, 0)

describe('decide, over random plans', () => {
  it('brings every run to an end, with a reason on the run and on every step', () => {
    forAnyPlan(6000, (random, plan) => {
      const { run, steps } = live(random, plan, () => {})

      expect(run).toMatchObject({ reason: expect.any(String), endedAt: expect.any(Number) })
      expect(steps.every((step) => hasEnded(step) && step.reason !== null && step.endedAt !== null)).toBe(true)
      const forgiven = new Set(plan.steps.filter(({ allowFailure }) => allowFailure).map(({ key }) => key))
      const halted = run.cancel !== null || (run.deadlineAt ?? Infinity) <= run.endedAt!
      const bad = steps.filter(
        ({ key, state }) =>
          (state === 'cancelled' && (halted || !forgiven.has(key))) || (state === 'failed' && !forgiven.has(key)),
      )
      expect(run.state === 'succeeded').toBe(bad.length === 0)
    })
  })

  it('never starts a step before what it needs has succeeded', () => {
    forAnyPlan(3000, (random, plan) => {
      live(random, plan, ({ steps }) => {
        const states = new Map(steps.map(({ key, state }) => [key, state]))
        const started = new Set(steps.filter(({ attempts }) => attempts.length > 0).map(({ key }) => key))
        const begun = plan.steps.filter(({ key }) => started.has(key))
        const needed = begun.filter(needsSuccess).flatMap(({ needs }) => needs)
        expect(needed.filter((key) => states.get(key) !== 'succeeded' && states.get(key) !== 'cached')).toEqual([])
        const ends = begun.flatMap(({ needs }) => needs).map((key) => states.get(key)!)
        expect(ends.every((state) => hasEnded({ state }))).toBe(true)
      })
    })
  })

  it('never lets two attempts of one step live, nor more of the run, of a matrix or of a place than there may', () => {
    forAnyPlan(3000, (random, plan) => {
      live(random, plan, ({ steps }) => {
        const living = steps.map(({ attempts }) => attempts.filter(isLive).length)
        expect(Math.max(...living)).toBeLessThanOrEqual(1)
        expect(living.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(plan.maxLiveAttempts)
        const ofMatrix = steps.filter(({ key }) => matrixOf({ key }) === 'm').flatMap(({ attempts }) => attempts)
        const { maxParallel = null } = plan.steps.find(({ key }) => matrixOf({ key }) === 'm') ?? {}
        expect(ofMatrix.filter(isLive).length).toBeLessThanOrEqual(maxParallel ?? 0)
        const holds = steps.flatMap(({ attempts }) => attempts.filter(isLive)).flatMap((attempt) => attempt.holds)
        const counts = Object.keys(limits).map((place) => holds.filter((claim) => claim.place === place).length)
        expect(counts.filter((count, at) => count > Object.values(limits)[at]!)).toEqual([])
      })
    })
  })

  it('starts nothing new once the run is cancelled', () => {
    forAnyPlan(3000, (random, plan) => {
      const started = new Set<number>()
      const tidying = new Set(plan.steps.filter(staysAfterCancel).map(({ key }) => key))
      const countOf = ({ run, steps }: States) =>
        attemptCount({ run, steps: steps.filter(({ key }) => !tidying.has(key)) })
      live(random, plan, (states, before) => {
        if (states.run.cancel) started.add(countOf(before)).add(countOf(states))
      })
      expect(started.size).toBeLessThanOrEqual(1)
    })
  })

  it('has nothing left to do after its actions were applied, and says the same when asked again', () => {
    forAnyPlan(2000, (random, plan) => {
      let now = 0
      live(random, plan, (states) => {
        now = Math.max(now, ...states.steps.flatMap(({ attempts }) => attempts.map(({ endedAt }) => endedAt ?? 0)))
        const first = decide(plan, states, now)
        const shuffled = { ...states, steps: states.steps.toSorted(() => random() - 0.5) }
        expect(decide(plan, states, now)).toEqual(first)
        expect(decide(plan, shuffled, now)).toEqual(first)
        const after = first.actions.reduce((sum, action) => apply(sum, action, now), states)
        expect(settle(plan, after, now)).toEqual(settle(plan, states, now))
      })
    })
  })

  it('runs exactly what had not succeeded when a run is opened again', () => {
    forAnyPlan(3000, (random, plan) => {
      const ended = live(random, plan, () => {})
      if (ended.run.state === 'succeeded') return
      const kept = ended.steps.filter(({ state }) => state === 'succeeded')

      const again = settle(plan, reopen(ended), 1e9).states

      // A value that is missing is missing again, at once.
      const isMissing = again.run.reason?.includes('condition cannot be decided')
      expect(again.run.state === 'failed' && !isMissing).toBe(false)
      expect(again.steps.filter(({ state }) => state === 'succeeded')).toEqual(kept)
    })
  })
})

it('was asked about 100,000 states and more', () => {
  expect(countStates()).toBeGreaterThan(100_000)
})

describe('decide', () => {
  const plan = (step: Partial<PlannedStep> = {}): Plan => planOf([{ ...plainStep, ...step }])
  const train = { step: 'train', attempt: 1 }
  const started = (of: Plan, now = 0) => recordStart(settleNew(of, fresh(of), now).states, train, now)

  it('tells an attempt to end at its timeout, kills it after its grace, and does not ask twice', () => {
    const of = plan()
    const running = started(of)

    expect(settle(of, running, 59_999)).toMatchObject({ effects: [], wakeAt: 60_000 })
    const told = settle(of, running, 60_000)
    expect(told.effects).toEqual([{ kind: 'kill', ...train, stage: 'term', why: 'timeout' }])
    expect(settle(of, told.states, 60_001)).toMatchObject({ effects: [], wakeAt: 90_000 })
    const killed = settle(of, told.states, 90_000)
    expect(killed.effects).toEqual([{ kind: 'kill', ...train, stage: 'kill', why: 'timeout' }])
    expect(settle(of, killed.states, 999_999).effects).toEqual([])
  })

  it('gives a failure of the code its retries, each after a longer pause', () => {
    const of = plan({ retries: 2 })
    let states = started(of)
    for (const attempt of [1, 2]) {
      const ended = recordEnd(states, { step: 'train', attempt }, { outcome: 'exit', reason: 'No.' }, 1000)
      const waiting = settle(of, ended, 1000)
      expect(waiting.wakeAt).toBe(1000 + retryDelayMs(plainStep.retryDelay, attempt))
      expect(waiting.states.run.state).toBe('waiting')
      states = settle(of, waiting.states, waiting.wakeAt!).states
    }
    const last = recordEnd(states, { step: 'train', attempt: 3 }, { outcome: 'exit', reason: 'No.' }, 9000)

    expect(settle(of, last, 9000).states.run).toMatchObject({
      state: 'failed',
      reason: 'The step "train" failed: No.',
    })
  })

  it('repeats what the code is not to blame for three times, without touching its retries', () => {
    const of = plan({ retries: 1 })
    let states = started(of)
    const outcomesInTurn = ['lost', 'exit', 'lost', 'submit_failed', 'lost'] as const
    for (const [at, outcome] of outcomesInTurn.entries()) {
      const ended = recordEnd(states, { step: 'train', attempt: at + 1 }, { outcome, reason: 'Gone.' }, 1e6 * at)
      states = settle(of, settle(of, ended, 1e6 * at).states, 1e6 * at + 60_000).states
    }

    expect(states.steps[0]).toMatchObject({ state: 'failed', attempts: { length: 5 } })
  })

  it('does not retry a wrong configuration', () => {
    const of = plan({ retries: 5 })
    const ended = recordEnd(started(of), train, { outcome: 'config', reason: 'Wrong.' }, 1000)

    expect(settle(of, ended, 1000).states.steps[0]).toMatchObject({ state: 'failed', reason: 'Wrong.' })
  })

  it('asks for an earlier result before it starts a step, and takes one over without an attempt', () => {
    const of = plan()
    const asked = settle(of, fresh(of), 0)
    expect(asked).toMatchObject({ lookUps: ['train'], effects: [] })

    const says = 'Nothing has changed.'
    const reused = settle(of, recordLookUp(asked.states, 'train', { code: 'reused', says, fromRun: 'r1' }), 5)

    expect(reused.states.steps[0]).toMatchObject({ state: 'cached', reason: says, endedAt: 5, attempts: [] })
    expect(reused.states.run).toMatchObject({
      state: 'succeeded',
      reason: 'The step succeeded, by an earlier result.',
    })
  })

  it('retries only what it was asked to, after the pause it was asked for', () => {
    const of = plan({ retries: 3, retryOn: ['timeout'], retryDelay: { firstMs: 10, factor: 3, maxMs: 50 } })
    const failed = recordEnd(started(of), train, { outcome: 'exit', reason: 'No.' }, 1000)
    const late = recordEnd(started(of), train, { outcome: 'timeout', reason: 'Late.' }, 1000)

    expect(settle(of, failed, 1000).states.run.state).toBe('failed')
    expect(settle(of, late, 1000).wakeAt).toBe(1010)
    expect([1, 2, 3, 4].map((n) => retryDelayMs(of.steps[0]!.retryDelay, n))).toEqual([10, 30, 50, 50])
  })

  const chain = (last: Partial<PlannedStep>, first: Partial<PlannedStep> = {}): Plan =>
    planOf([
      { ...plainStep, ...first },
      { ...plainStep, key: 'report', needs: ['train'], ...last },
    ])
  const afterFailure = (of: Plan) =>
    settleNew(of, recordEnd(started(of), train, { outcome: 'exit', reason: 'No.' }, 10), 10).states

  it.each([
    { when: 'success', after: 'skipped' },
    { when: 'failure', after: 'running' },
    { when: 'always', after: 'running' },
  ] as const)('of a step that runs on $when, a failure before makes one that is $after', ({ when, after }) => {
    expect(afterFailure(chain({ when })).steps[1]!.state).toBe(after)
  })

  it('skips what runs on a failure when there was none', () => {
    const of = chain({ when: 'failure' })
    const done = settle(of, recordEnd(started(of), train, { outcome: 'ok', reason: 'Done.' }, 10), 10).states

    expect(done).toMatchObject({ run: { state: 'succeeded' }, steps: [{}, { state: 'skipped' }] })
  })

  it('lets a failure pass that is allowed, and says so', () => {
    const { run } = afterFailure(chain({}, { allowFailure: true }))

    expect(run).toMatchObject({
      state: 'succeeded',
      reason: '0 of 2 steps succeeded, 1 skipped, 1 failed, which is allowed.',
    })
  })

  it('still tidies up after a cancelled run', () => {
    const of = chain({ when: 'always' })
    const told = settle(of, requestCancel(started(of), 'Enough.', 5), 5).states
    const ended = settleNew(of, recordEnd(told, train, { outcome: 'cancelled', reason: 'Enough.' }, 6), 6).states
    expect(ended.steps[1]).toMatchObject({ state: 'running', attempts: [{ stop: null }] })

    const tidied = { step: 'report', attempt: 1 }
    const done = recordEnd(recordStart(ended, tidied, 7), tidied, { outcome: 'ok', reason: 'Done.' }, 8)

    expect(settle(of, done, 8).states.run).toMatchObject({ state: 'cancelled', reason: 'Enough.' })
  })
})
