import { describe, expect, it } from 'vitest'
import {
  checkCondition,
  evaluateCondition,
  type Facts,
  impliesSuccess,
  type Kind,
  outlivesCancel,
  parseExpression,
} from './index.ts'

const values: Readonly<Record<string, string>> = { gate: 'pass', auc: '0.72', rows: '150', ok: 'true', quote: "it's" }
const facts: Facts = {
  params: { lr: 0.1, deep: true, name: 'churn', tags: ['a', 'b'] },
  matrix: { seed: 2 },
  trigger: 'cron',
  value: (step, name) => (step === 'evaluate' ? values[name] : undefined),
  metric: (step, name) => (step === 'evaluate' && name === 'val.auc' ? 0.72 : undefined),
  result: (step) => (step === 'evaluate' ? 'success' : 'failure'),
  status: { success: true, failure: false, cancelled: false },
}
const evaluate = (text: string) => evaluateCondition(text, parseExpression(text), facts)

describe('a condition', () => {
  it.each([
    ["steps.evaluate.outputs.gate == 'pass'", true],
    ['steps.evaluate.outputs.auc >= 0.72', true],
    // As text "150" comes before "20"; as a number it does not.
    ['steps.evaluate.outputs.rows > 20', true],
    ['steps.evaluate.outputs.rows > steps.evaluate.outputs.auc', true],
    ['steps.evaluate.outputs.ok', true],
    ['steps.evaluate.metrics.val.auc == steps.evaluate.outputs.auc', true],
    ["steps.evaluate.outputs.quote == 'it''s'", true],
    ["steps.evaluate.result == 'success' && steps.train.result == 'failure'", true],
    // && binds stronger than ||, and ! strongest.
    ['true || false && false', true],
    ['(true || false) && false', false],
    ['!false && params.deep', true],
    ['1 < 2 == true', true],
    ["contains(params.tags, 'b') && !contains(params.name, 'x') && startsWith(params.name, 'ch')", true],
    ["trigger.kind != 'cron'", false],
    ['matrix.seed <= -2e0', false],
    ['success() && !failure() && !cancelled() && always()', true],
  ])('%s is %s', (text, isTrue) => {
    expect(evaluate(text).isTrue).toBe(isTrue)
  })

  it('says which part was false, and with which values', () => {
    expect(evaluate("params.deep && steps.evaluate.outputs.gate == 'fail' && params.lr > 5").says).toBe(
      `The condition steps.evaluate.outputs.gate == 'fail' is false, for steps.evaluate.outputs.gate is "pass".`,
    )
  })

  it.each([
    ['params.gone == 1', 'There is no value params.gone.'],
    ['steps.train.outputs.auc > 1', 'There is no value steps.train.outputs.auc.'],
    ['steps.evaluate.outputs.gate > 1', '"pass" and 1 are not'],
    ['steps.evaluate.outputs.rows', 'neither'],
    ["params.lr == 'x'", 'different kinds'],
    ["contains(matrix.seed, 'x')", 'takes texts'],
  ])('%s is never a silent false', (text, says) => {
    expect(() => evaluate(text)).toThrow(says)
  })

  it('does not read what it does not need', () => {
    expect(evaluate('false && params.gone == 1').isTrue).toBe(false)
    expect(evaluate('true || params.gone == 1').isTrue).toBe(true)
  })

  it.each([
    ['', 0, 'A value is missing'],
    ['params.lr > ', 12, 'A value is missing'],
    ['params.lr = 1', 10, 'Compare with "=="'],
    ['params.lr == "x"', 13, 'single quotes'],
    ["'open", 0, 'no end'],
    ['(params.deep', 12, 'not closed'],
    ['params.deep true', 12, 'left over'],
    ['always(1)', 0, 'takes no values'],
    ['contains(params.name)', 0, 'takes 2 values'],
    ["eval('x')", 0, 'no function "eval"'],
    ['constructor()', 0, 'no function "constructor"'],
    ['params', 0, 'cannot be read'],
    ['steps.a.outputs', 0, 'cannot be read'],
    ['process.env', 0, 'cannot be read'],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, 50, '50 levels'],
    [`true${' '.repeat(2000)}`, 2000, '2000 characters'],
  ])('%s cannot be read at %i', (text, at, says) => {
    expect(() => parseExpression(text)).toThrow(expect.objectContaining({ at, message: expect.stringContaining(says) }))
  })

  it.each<[string, Kind, string]>([
    ['params.x', 'text', 'must be true or false'],
    ['params.x > 1', 'text', 'compares numbers'],
    ["params.x == 'a'", 'number', 'never equals'],
    ["params.x == 'a'", 'list', 'equals nothing'],
    ['contains(params.x, 1)', 'text', 'takes text here'],
    ["steps.a.result == 'succeeded'", 'text', 'never ends as "succeeded"'],
  ])('%s is refused before a run when it reads a %s', (text, kind, says) => {
    expect(() => checkCondition(parseExpression(text), () => kind)).toThrow(says)
  })

  it.each([
    ["steps.a.outputs.x == 'y'", true, false],
    ["steps.a.result == 'failure'", false, false],
    ['failure() && params.deep', false, false],
    ['always() && params.deep', false, true],
    ['!cancelled()', false, true],
  ])('%s: needs success %s, outlives a cancel %s', (text, success, cancel) => {
    const expression = parseExpression(text)
    expect([impliesSuccess(expression), outlivesCancel(expression)]).toEqual([success, cancel])
  })
})
