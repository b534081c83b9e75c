import { type Evaluation, GatePolicy } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { decideGate } from './gate.ts'

const now = new Date('2026-03-01T12:00:00Z')
const policy = GatePolicy.parse({})
const march: Evaluation = {
  dataset: 'flights',
  holdoutFrom: '2001-03-01T00:00:00Z',
  holdoutUntil: '2001-04-01T00:00:00Z',
  rowCount: 100_000,
  positiveShare: 0.2,
  candidate: { auc: 0.7156 },
  champion: { version: 3, metrics: { auc: 0.7278 } },
  difference: { metric: 'auc', value: -0.0122, standardError: 0.00087, low: -0.0139, high: -0.0105 },
}
const better = { metric: 'auc', value: 0.0061, standardError: 0.001, low: 0.0041, high: 0.0081 }

const subject = (evaluation: Evaluation | null, champion: number | null, metrics = {}) => ({
  evaluation,
  champion,
  metrics,
})

it('refuses a version that is below the champion, with the numbers', () => {
  const verdict = decideGate(policy, subject(march, 3), now)

  expect(verdict).toMatchObject({
    passed: false,
    says:
      "AUC 0.7156 on 100,000 rows of 2001-03 is below the champion's 0.7278 " +
      '(difference −0.0122, 95 % interval −0.0139 … −0.0105).',
    decidedAt: '2026-03-01T12:00:00.000Z',
    override: null,
  })
  expect(verdict.checks.map(({ passed }) => passed)).toEqual([true, true, false])
})

it('passes a version that is above the champion', () => {
  const verdict = decideGate(policy, subject({ ...march, candidate: { auc: 0.7339 }, difference: better }, 3), now)

  expect(verdict.passed).toBe(true)
  expect(verdict.says).toBe(
    "AUC 0.7339 on 100,000 rows of 2001-03 is above the champion's 0.7278 " +
      '(difference +0.0061, 95 % interval +0.0041 … +0.0081).',
  )
})

it('refuses a difference that may be nothing', () => {
  const verdict = decideGate(policy, subject({ ...march, difference: { ...better, low: 0 } }, 3), now)

  expect(verdict.passed).toBe(false)
  expect(verdict.says).toContain('cannot be told from')
})

it.each([
  { name: 'asks for more than zero', beatChampionBy: 0.005, passed: false },
  { name: 'bears a small loss', beatChampionBy: -0.005, passed: true },
])('follows a policy that $name, and says so', ({ beatChampionBy, passed }) => {
  const verdict = decideGate({ ...policy, beatChampionBy }, subject({ ...march, difference: better }, 3), now)

  expect(verdict.passed).toBe(passed)
  expect(verdict.checks[2]!.says).toContain('; the gate asks for more than ')
})

it('passes the first version that is good by itself', () => {
  const verdict = decideGate(policy, subject({ ...march, champion: null, difference: null }, null), now)

  expect(verdict.passed).toBe(true)
  expect(verdict.says).toBe(
    'AUC 0.7156 on 100,000 rows of 2001-03 reaches the 0.6000 asked for. There is no champion yet to compare with.',
  )
})

it.each([
  { name: 'no champion', champion: null, says: 'It was not compared with the champion, version 3' },
  {
    name: 'a former champion',
    champion: { version: 2, metrics: { auc: 0.6 } },
    says: 'but version 3 is the champion now',
  },
])('refuses a comparison with $name', ({ champion, says }) => {
  const verdict = decideGate(policy, subject({ ...march, champion, difference: better }, 3), now)

  expect(verdict.passed).toBe(false)
  expect(verdict.says).toContain(says)
})

it('refuses a comparison without an interval', () => {
  const verdict = decideGate(policy, subject({ ...march, difference: null }, 3), now)

  expect(verdict.passed).toBe(false)
  expect(verdict.says).toContain('has no interval for AUC')
})

it('refuses what came without an evaluation, unless the policy asks for no rows', () => {
  const refused = decideGate(policy, subject(null, null, { auc: 0.9 }), now)
  const passed = decideGate({ ...policy, minHoldoutRows: 0 }, subject(null, null, { auc: 0.9 }), now)

  expect(refused.says).toBe('It came without an evaluation on held-out rows; the gate asks for at least 1,000.')
  expect(passed.says).toContain('AUC 0.9000, by its own report, reaches')
})

it('names every check that failed', () => {
  const poor = { ...march, rowCount: 412, candidate: { auc: 0.55 }, champion: null, difference: null }

  const verdict = decideGate(policy, subject(poor, null), now)

  expect(verdict.says).toBe(
    'It was evaluated on 412 rows; the gate asks for at least 1,000. ' +
      'AUC 0.5500 on 412 rows of 2001-03 is below the 0.6000 asked for.',
  )
})
