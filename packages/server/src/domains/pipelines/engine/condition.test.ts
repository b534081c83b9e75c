import { describe, expect, it } from 'vitest'
import { recordEnd, recordStart, settle } from './apply.ts'
import { recordLeft } from './condition.ts'
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
  const reported = (condition: string, values: Record<string, string>, metrics: Record<string, number> = {}) => {
    const plan = of(condition)
    return settle(plan, recordLeft(done(plan).states, 'train', { values, metrics }), 11).states.steps[1]
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

  it('is decided by metrics, and fails its step when one is missing or no number', () => {
    expect(done(of('steps.train.metrics.val.auc > 0.7')).reads).toEqual(['train'])
    expect(reported('steps.train.metrics.val.auc > 0.7', {}, { 'val.auc': 0.72 })).toMatchObject({ state: 'ready' })
    expect(reported('steps.train.metrics.val.auc > 0.7', {}, { 'val.auc': 0.7 })).toMatchObject({
      state: 'skipped',
      reason: expect.stringContaining('for steps.train.metrics.val.auc is 0.7'),
    })
    expect(reported('steps.train.metrics.auc > 0.7', { auc: '0.8' }, { loss: 1 })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('steps.train.metrics.auc is missing: "train" wrote loss.'),
    })
    expect(reported('steps.train.metrics.loss < 1', {}, { loss: NaN })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('steps.train.metrics.loss is NaN'),
    })
  })

  it('skips after a failure unless it asks how the steps ended', () => {
    const states = (condition: string) => ended(of(condition), 'exit').states.steps[1]!.state
    expect(states('params.n == 2')).toBe('skipped')
    expect(states("steps.train.result == 'failure'")).toBe('running')
    expect(states('failure()')).toBe('running')
  })
})
