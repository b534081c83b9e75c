import { ApprovalSpec, RetryCause } from '@evenkeel/contract'
import { seededRandom } from '@evenkeel/numerics'
import { describe, expect, it } from 'vitest'
import { apply, recordEnd, recordLookUp, recordStart, requestCancel, reopen, settle } from './apply.ts'
import { recordDecision } from './asking.ts'
import { needsSuccess, recordValues, staysAfterCancel } from './condition.ts'
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
    when: pick(random, ['success', 'success', 'success', 'failure', 'always', ...conditionsOf(at)]),
    allowFailure: random() < 0.2,
    retries: whole(random, 3),
    retryOn: RetryCause.options.filter(() => random() < 0.8),
    retryDelay,
    timeoutMs: 20_000 + whole(random, 60_000),
    graceMs: 5000,
    matrix: {},
    expand: null,
    approval: random() < 0.15 ? askAnyone : null,
  }))
  // The order of the spec is nobody's promise: a step may stand before what it needs.
  return { steps: steps.toSorted(() => random() - 0.5), maxLiveAttempts: 1 + whole(random, 4) }
}

/** Conditions of a step that has the one before it among its needs, or not: then a value is missing. */
const conditionsOf = (at: number) =>
  [
    "params.n > 1 && trigger.kind == 'cron'",
    'failure() || params.n > 5',
    'always() && cancelled()',
    `steps.s${Math.max(0, at - 1)}.outputs.v == '1'`,
    `steps.s${Math.max(0, at - 1)}.result == 'failure'`,
  ].map((condition) => ({ condition }))

const askAnyone = ApprovalSpec.parse({ expiresSeconds: 90 })

const retryDelay = { firstMs: 1000, factor: 2, maxMs: 60_000 }

const fresh = ({ steps }: Plan): States => ({
  run: {
    state: 'queued',
    reason: null,
    startedAt: null,
    endedAt: null,
    cancel: null,
    params: { n: 2 },
    trigger: 'cron',
  },
  steps: steps.map(({ key }): StepNow => ({
    key,
    state: 'pending',
    reason: null,
    readyAt: null,
    startedAt: null,
    endedAt: null,
    countFrom: 1,
    cache: null,
    values: null,
    approval: null,
    attempts: [],
  })),
})

const outcomes = ['ok', 'ok', 'ok', 'ok', 'exit', 'retry_requested', 'config', 'lost', 'output_missing'] as const

/** What an executor may report about one attempt that lives; sometimes it stays silent. */
function report(random: Random, states: States, now: number): States {
  const asked = states.steps.find(({ approval }) => approval?.state === 'pending')
  if (asked && random() < 0.2)
    return recordDecision(
      states,
      asked.key,
      pick(random, ['pending', 'approved', 'rejected'] as const),
      'Somebody said.',
    )
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

const verdicts = ['first', 'first', 'first', 'inputs', 'reused'] as const

/** Settles, and says of each step that is ready whether an earlier result takes its place. */
function answered(random: Random, plan: Plan, before: States, now: number) {
  for (let states = before; ;) {
    const settled = settle(plan, states, now)
    if (settled.lookUps.length + settled.reads.length === 0) return settled
    states = settled.states
    for (const key of settled.reads)
      states = recordValues(states, key, pick(random, [{ v: '1' }, { v: '2' }, { other: '' }]))
    for (const key of settled.lookUps)
      states = recordLookUp(states, key, { code: pick(random, verdicts), says: 'So it is.', fromRun: null })
  }
}

/** Lives one run from its start to its end, and shows every state in between. */
function live(random: Random, plan: Plan, check: (states: States, before: States) => void): States {
  let states = fresh(plan)
  const cancelAt = random() < 0.3 ? whole(random, 60_000) : Infinity
  for (let now = 0, turn = 0; turn < 2000; turn++) {
    const before = states
    if (now >= cancelAt && !hasEnded(states.run)) states = requestCancel(states, 'Somebody had enough.', now)
    const settled = answered(random, plan, states, now)
    states = settled.states
    stateCount++
    check(states, before)
    if (hasEnded(states.run)) return states
    states = report(random, states, now)
    now = random() < 0.5 && settled.wakeAt !== null ? Math.max(now, settled.wakeAt) : now + whole(random, 3000)
  }
  throw new Error(`The run does not end: ${JSON.stringify(states)}`)
}

let stateCount = 0

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
    forAnyPlan(5000, (random, plan) => {
      const { run, steps } = live(random, plan, () => {})

      expect(run).toMatchObject({ reason: expect.any(String), endedAt: expect.any(Number) })
      expect(steps.every((step) => hasEnded(step) && step.reason !== null && step.endedAt !== null)).toBe(true)
      const forgiven = new Set(plan.steps.filter(({ allowFailure }) => allowFailure).map(({ key }) => key))
      const bad = steps.filter(({ key, state }) => state === 'cancelled' || (state === 'failed' && !forgiven.has(key)))
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

  it('never lets two attempts of one step live, nor more of the run than the plan allows', () => {
    forAnyPlan(3000, (random, plan) => {
      live(random, plan, ({ steps }) => {
        const living = steps.map(({ attempts }) => attempts.filter(isLive).length)
        expect(Math.max(...living)).toBeLessThanOrEqual(1)
        expect(living.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(plan.maxLiveAttempts)
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
    forAnyPlan(2000, (random, plan) => {
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

const trainStep: PlannedStep = {
  key: 'train',
  needs: [],
  when: 'success',
  allowFailure: false,
  retries: 0,
  retryOn: RetryCause.options,
  retryDelay,
  timeoutMs: 60_000,
  graceMs: 30_000,
  matrix: {},
  expand: null,
  approval: null,
}

/** Settles where no earlier result takes the place of any step. */
function settleNew(plan: Plan, before: States, now: number) {
  const settled = settle(plan, before, now)
  const first = { code: 'first', says: 'Never ran.', fromRun: null } as const
  return settle(
    plan,
    settled.lookUps.reduce((sum, key) => recordLookUp(sum, key, first), settled.states),
    now,
  )
}

it('was asked about 100,000 states and more', () => {
  expect(stateCount).toBeGreaterThan(100_000)
})

describe('decide', () => {
  const plan = (step: Partial<PlannedStep> = {}): Plan => ({ maxLiveAttempts: 2, steps: [{ ...trainStep, ...step }] })
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
      expect(waiting.wakeAt).toBe(1000 + retryDelayMs(retryDelay, attempt))
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
      reason: 'All 1 steps succeeded, 1 of them by an earlier result.',
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

  const chain = (last: Partial<PlannedStep>, first: Partial<PlannedStep> = {}): Plan => ({
    maxLiveAttempts: 2,
    steps: [
      { ...trainStep, ...first },
      { ...trainStep, key: 'report', needs: ['train'], ...last },
    ],
  })
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

  it('comes to rest although the first step of the longest chain fails', () => {
    const keys = Array.from({ length: 2000 }, (_, at) => `s${at}`)
    const steps = keys.map((key, at) => ({ ...trainStep, key, needs: at === 0 ? [] : [keys[at - 1]!] }))
    const of: Plan = { maxLiveAttempts: 1, steps: steps.toReversed() }
    const first = { step: 's0', attempt: 1 }
    const failed = recordEnd(settleNew(of, fresh(of), 0).states, first, { outcome: 'exit', reason: 'No.' }, 1)

    expect(settle(of, failed, 1).states.run.state).toBe('failed')
  })
})
