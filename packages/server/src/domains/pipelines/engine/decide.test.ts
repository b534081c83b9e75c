import { seededRandom } from '@evenkeel/numerics'
import { describe, expect, it } from 'vitest'
import { apply, recordEnd, recordStart, requestCancel, reopen, settle } from './apply.ts'
import { decide, retryDelayMs } from './decide.ts'
import { hasEnded, isLive, type Plan, type PlannedStep, type States, type StepNow } from './states.ts'

type Random = () => number

const whole = (random: Random, below: number) => Math.floor(random() * below)
const pick = <T>(random: Random, items: readonly T[]): T => items[whole(random, items.length)]!

function randomPlan(random: Random): Plan {
  const count = 1 + whole(random, 8)
  const steps = Array.from({ length: count }, (_, at): PlannedStep => ({
    key: `s${at}`,
    needs: Array.from({ length: at }, (_, before) => `s${before}`).filter(() => random() < 0.3),
    retries: whole(random, 3),
    timeoutMs: 20_000 + whole(random, 60_000),
    graceMs: 5000,
  }))
  // The order of the spec is nobody's promise: a step may stand before what it needs.
  return { steps: steps.toSorted(() => random() - 0.5), maxLiveAttempts: 1 + whole(random, 4) }
}

const fresh = ({ steps }: Plan): States => ({
  run: { state: 'queued', reason: null, startedAt: null, endedAt: null, cancel: null },
  steps: steps.map(({ key }): StepNow => ({
    key,
    state: 'pending',
    reason: null,
    readyAt: null,
    startedAt: null,
    endedAt: null,
    countFrom: 1,
    attempts: [],
  })),
})

const outcomes = ['ok', 'ok', 'ok', 'ok', 'exit', 'retry_requested', 'config', 'lost', 'output_missing'] as const

/** What an executor may report about one attempt that lives; sometimes it stays silent. */
function report(random: Random, states: States, now: number): States {
  const live = states.steps.flatMap(({ key, attempts }) =>
    attempts.filter(isLive).map((attempt) => ({ step: key, ...attempt })),
  )
  const silent = live.length === 0 || random() < 0.2
  if (silent) return states
  const one = pick(random, live)
  if (one.startedAt === null) return recordStart(states, one, now)
  const stopped = one.stop && ({ timeout: 'timeout', cancelled: 'cancelled' } as const)[one.stop.why]
  return recordEnd(states, one, { outcome: stopped ?? pick(random, outcomes), reason: 'So it was.' }, now)
}

/** Lives one run from its start to its end, and shows every state in between. */
function live(random: Random, plan: Plan, check: (states: States, before: States) => void): States {
  let states = fresh(plan)
  const cancelAt = random() < 0.3 ? whole(random, 60_000) : Infinity
  for (let now = 0, turn = 0; turn < 2000; turn++) {
    const before = states
    if (now >= cancelAt && !hasEnded(states.run)) states = requestCancel(states, 'Somebody had enough.', now)
    const settled = settle(plan, states, now)
    states = settled.states
    check(states, before)
    if (hasEnded(states.run)) return states
    states = report(random, states, now)
    now = random() < 0.5 && settled.wakeAt !== null ? Math.max(now, settled.wakeAt) : now + whole(random, 3000)
  }
  throw new Error(`The run does not end: ${JSON.stringify(states)}`)
}

/** Runs a check over many seeded plans; a failure names the seed. */
function forAnyPlan(count: number, check: (random: Random, plan: Plan) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    const random = seededRandom(seed)
    const plan = randomPlan(random)
    try {
      check(random, plan)
    } catch (error) {
      throw new Error(`Plan of seed ${seed}: ${JSON.stringify(plan)}`, { cause: error })
    }
  }
}

const attemptCount = ({ steps }: States) => steps.reduce((sum, { attempts }) => sum + attempts.length, 0)

describe('decide, over random plans', () => {
  it('brings every run to an end, with a reason on the run and on every step', () => {
    forAnyPlan(1500, (random, plan) => {
      const { run, steps } = live(random, plan, () => {})

      expect(run).toMatchObject({ reason: expect.any(String), endedAt: expect.any(Number) })
      expect(steps.every((step) => hasEnded(step) && step.reason !== null && step.endedAt !== null)).toBe(true)
      expect(run.state === 'succeeded').toBe(steps.every(({ state }) => state === 'succeeded'))
    })
  })

  it('never starts a step before what it needs has succeeded', () => {
    forAnyPlan(800, (random, plan) => {
      live(random, plan, ({ steps }) => {
        const states = new Map(steps.map(({ key, state }) => [key, state]))
        const started = new Set(steps.filter(({ attempts }) => attempts.length > 0).map(({ key }) => key))
        const needed = plan.steps.filter(({ key }) => started.has(key)).flatMap(({ needs }) => needs)
        expect(needed.filter((key) => states.get(key) !== 'succeeded')).toEqual([])
      })
    })
  })

  it('never lets two attempts of one step live, nor more of the run than the plan allows', () => {
    forAnyPlan(800, (random, plan) => {
      live(random, plan, ({ steps }) => {
        const living = steps.map(({ attempts }) => attempts.filter(isLive).length)
        expect(Math.max(...living)).toBeLessThanOrEqual(1)
        expect(living.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(plan.maxLiveAttempts)
      })
    })
  })

  it('starts nothing new once the run is cancelled', () => {
    forAnyPlan(800, (random, plan) => {
      const started = new Set<number>()
      live(random, plan, (states, before) => {
        if (states.run.cancel) started.add(attemptCount(before)).add(attemptCount(states))
      })
      expect(started.size).toBeLessThanOrEqual(1)
    })
  })

  it('has nothing left to do after its actions were applied, and says the same when asked again', () => {
    forAnyPlan(500, (random, plan) => {
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
    forAnyPlan(500, (random, plan) => {
      const ended = live(random, plan, () => {})
      if (ended.run.state === 'succeeded') return
      const kept = ended.steps.filter(({ state }) => state === 'succeeded')

      const again = settle(plan, reopen(ended), 1e9).states

      expect(again.run.state).not.toBe('failed')
      expect(again.steps.filter(({ state }) => state === 'succeeded')).toEqual(kept)
    })
  })
})

describe('decide', () => {
  const plan = (step: Partial<PlannedStep> = {}): Plan => ({
    maxLiveAttempts: 2,
    steps: [{ key: 'train', needs: [], retries: 0, timeoutMs: 60_000, graceMs: 30_000, ...step }],
  })
  const train = { step: 'train', attempt: 1 }
  const started = (of: Plan, now = 0) => recordStart(settle(of, fresh(of), now).states, train, now)

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
      expect(waiting.wakeAt).toBe(1000 + retryDelayMs(attempt))
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
})
