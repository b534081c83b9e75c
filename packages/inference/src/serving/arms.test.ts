import { expect, it } from 'vitest'
import { armOf, type Weighted } from './arms.ts'

const weights = (canary: number, baseline = canary): Weighted[] => [
  { arm: 'primary', weight: 10_000 - canary - baseline },
  { arm: 'canary', weight: canary },
  { arm: 'baseline', weight: baseline },
]
const units = Array.from({ length: 20_000 }, (_, i) => `flight-${i}`)
const unitsOf = (arm: string, arms: Weighted[], salt = 'rollout-1') =>
  new Set(units.filter((unit) => armOf(arms, salt, unit).arm === arm))

it('gives each arm its share', () => {
  for (const arm of ['canary', 'baseline'] as const) {
    // 3,000 of 20,000 expected; the standard deviation is 50.
    expect(Math.abs(unitsOf(arm, weights(1500)).size - 3000)).toBeLessThan(250)
  }
})

it('only adds units to an arm that grows', () => {
  for (const arm of ['canary', 'baseline']) {
    const grown = unitsOf(arm, weights(2500))
    expect([...unitsOf(arm, weights(500))].every((unit) => grown.has(unit))).toBe(true)
  }
})

it('draws anew under another salt', () => {
  const [first, second] = [unitsOf('canary', weights(1000), 'a'), unitsOf('canary', weights(1000), 'b')]
  const both = [...first].filter((unit) => second.has(unit)).length

  // Independent choices share a tenth of a tenth: 200, with a standard deviation of 14.
  expect(Math.abs(both - 200)).toBeLessThan(70)
})

it('leaves nothing to the primary at half and half', () => {
  expect(unitsOf('primary', weights(5000)).size).toBe(0)
})

it('sends everything to the only arm with a weight', () => {
  expect(unitsOf('primary', weights(0)).size).toBe(units.length)
  expect(unitsOf('canary', [{ arm: 'canary', weight: 10_000 }]).size).toBe(units.length)
})
