import { expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { startAbsoluteTest, updateAbsolute } from './absolute-test.ts'
import { isDecided } from './evidence.ts'

// Smallest n with mean over f of f^bad ((1 − p f) / (1 − p))^(n − bad) >= 20, by bisection in 30 digits (Python, mpmath)
it.each([
  { ceiling: 0.01, bad: 0, requests: 398 },
  { ceiling: 0.01, bad: 1, requests: 682 },
  { ceiling: 0.01, bad: 3, requests: 1098 },
  { ceiling: 0.001, bad: 0, requests: 3991 },
  { ceiling: 0.001, bad: 1, requests: 6845 },
  { ceiling: 0.001, bad: 3, requests: 11_007 },
])('passes the ceiling $ceiling with $bad bad of $requests requests, and not one sooner', (fixture) => {
  const passes = (requests: number) => {
    const batch = { bad: fixture.bad, good: requests - fixture.bad }
    return isDecided(updateAbsolute(startAbsoluteTest(), batch, fixture.ceiling), 0.05)
  }

  expect(passes(fixture.requests)).toBe(true)
  expect(passes(fixture.requests - 1)).toBe(false)
})

it('passes a canary on the ceiling in at most 5 % of rollouts', () => {
  const random = seededRandom(5)
  let passed = 0
  for (let rollout = 0; rollout < 800; rollout++) {
    let state = startAbsoluteTest()
    for (let request = 0; request < 1500 && !isDecided(state, 0.05); request++) {
      const bad = Number(random() < 0.05)
      state = updateAbsolute(state, { bad, good: 1 - bad }, 0.05)
    }
    passed += Number(isDecided(state, 0.05))
  }

  expect(passed / 800).toBeLessThanOrEqual(0.05)
})

it('refuses a ceiling of 0 and a negative count', () => {
  expect(() => updateAbsolute(startAbsoluteTest(), { bad: 0, good: 1 }, 0)).toThrow('absoluteTest: the ceiling is 0')
  expect(() => updateAbsolute(startAbsoluteTest(), { bad: -1, good: 1 }, 0.1)).toThrow('the bad count is -1')
})
