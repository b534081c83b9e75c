import { describe, expect, it } from 'vitest'
import { recordEnd, recordStart, settle } from './apply.ts'
import { recordValues } from './condition.ts'
import type { Plan } from './states.ts'
import { fresh, plainStep, planOf, settleNew } from './testing.ts'

const train = { step: 'train', attempt: 1 }

const ended = (of: Plan, outcome: 'ok' | 'exit') => {
  const started = recordStart(settleNew(of, fresh(of), 0).states, train, 0)
  return settleNew(of, recordEnd(started, train, { outcome, reason: 'So it was.' }, 10), 10)
}

describe('a condition', () => {
  const of = (condition: string) =>
    planOf([plainStep, { ...plainStep, key: 'report', needs: ['train'], when: { condition } }])
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
