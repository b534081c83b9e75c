import { RetryCause } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { recordEnd, recordLookUp, recordStart, settle } from './apply.ts'
import { recordValues } from './condition.ts'
import type { Plan, PlannedStep, States, StepNow } from './states.ts'

const trainStep: PlannedStep = {
  key: 'train',
  needs: [],
  when: 'success',
  allowFailure: false,
  retries: 0,
  retryOn: RetryCause.options,
  retryDelay: { firstMs: 1000, factor: 2, maxMs: 60_000 },
  timeoutMs: 60_000,
  graceMs: 30_000,
  heartbeatMs: null,
  claims: [],
  maxParallel: null,
  failFast: false,
  matrix: {},
  expand: null,
  approval: null,
}

const fresh = ({ steps }: Plan): States => ({
  run: {
    state: 'queued',
    reason: null,
    startedAt: null,
    endedAt: null,
    deadlineAt: null,
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
    wants: [],
    values: null,
    approval: null,
    attempts: [],
  })),
})

const train = { step: 'train', attempt: 1 }

/** Settles where no earlier result takes the place of any step. */
function settleNew(plan: Plan, before: States, now: number) {
  const settled = settle(plan, before, now)
  const first = { code: 'first', says: 'Never ran.', fromRun: null } as const
  const found = settled.lookUps.reduce((sum, key) => recordLookUp(sum, key, first), settled.states)
  return settle(plan, found, now)
}

const ended = (of: Plan, outcome: 'ok' | 'exit') => {
  const started = recordStart(settleNew(of, fresh(of), 0).states, train, 0)
  return settleNew(of, recordEnd(started, train, { outcome, reason: 'So it was.' }, 10), 10)
}

describe('a condition', () => {
  const of = (condition: string): Plan => ({
    maxLiveAttempts: 2,
    timeoutMs: null,
    concurrency: null,
    steps: [trainStep, { ...trainStep, key: 'report', needs: ['train'], when: { condition } }],
  })
  const done = (plan: Plan) => ended(plan, 'ok')
  const reported = (condition: string, values: Record<string, string>) => {
    const plan = of(condition)
    return settle(plan, recordValues(done(plan).states, 'train', values), 11).states.steps[1]
  }

  it('asks for values once the steps have ended, and is decided by them', () => {
    expect(done(of("steps.train.outputs.gate == 'pass'")).reads).toEqual(['train'])
    expect(done(of('params.n == 2')).reads).toEqual([])
    expect(reported("steps.train.outputs.gate == 'pass'", { gate: 'pass' })).toMatchObject({ state: 'ready' })
    expect(reported("steps.train.outputs.gate == 'pass'", { gate: 'fail' })).toMatchObject({
      state: 'skipped',
      reason: `The condition steps.train.outputs.gate == 'pass' is false, for steps.train.outputs.gate is "fail".`,
    })
  })

  it('fails its step when a value is missing', () => {
    expect(reported('steps.train.outputs.auc > 1', { gate: 'pass' })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('steps.train.outputs.auc is missing: "train" wrote gate.'),
    })
  })

  it('skips after a failure unless it asks how the steps ended', () => {
    const states = (condition: string) => ended(of(condition), 'exit').states.steps[1]!.state
    expect(states('params.n == 2')).toBe('skipped')
    expect(states("steps.train.result == 'failure'")).toBe('running')
    expect(states('failure()')).toBe('running')
  })
})
