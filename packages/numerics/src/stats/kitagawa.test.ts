import { expect, it } from 'vitest'
import { kitagawa } from './kitagawa.ts'

it('parts a change into mix and within', () => {
  const reference = [
    { value: 'AUS', share: 0.5, mean: 0.2 },
    { value: 'DFW', share: 0.5, mean: 0.4 },
  ]
  const current = [
    { value: 'AUS', share: 0.25, mean: 0.3 },
    { value: 'DFW', share: 0.75, mean: 0.4 },
  ]

  const { contributions, mix, within, change } = kitagawa(reference, current)

  // By hand: AUS −0.25 · 0.25 and 0.1 · 0.375; DFW 0.25 · 0.4 and 0
  expect(contributions[0]!.mix).toBeCloseTo(-0.0625, 12)
  expect(contributions[0]!.within).toBeCloseTo(0.0375, 12)
  expect(contributions[1]!.mix).toBeCloseTo(0.1, 12)
  expect(contributions[1]!.within).toBeCloseTo(0, 12)
  expect(mix).toBeCloseTo(0.0375, 12)
  expect(within).toBeCloseTo(0.0375, 12)
  expect(change).toBeCloseTo(0.075, 12)
})

it('gives a new value the reference mean, and lets a vanished one keep its own', () => {
  const reference = [
    { value: 'old', share: 0.4, mean: 1 },
    { value: 'stays', share: 0.6, mean: 2 },
  ]
  const current = [
    { value: 'stays', share: 0.5, mean: 2 },
    { value: 'new', share: 0.5, mean: 3 },
  ]

  const { contributions, mix, within, change } = kitagawa(reference, current)

  // The reference mean is 1.6.
  expect(contributions.map(({ value }) => value)).toEqual(['old', 'stays', 'new'])
  expect(contributions[0]!.mix).toBeCloseTo(-0.4, 12)
  expect(contributions[0]!.within).toBe(0)
  expect(contributions[2]!.mix).toBeCloseTo((0.5 * (1.6 + 3)) / 2, 12)
  expect(contributions[2]!.within).toBeCloseTo((1.4 * 0.5) / 2, 12)
  expect(mix + within).toBeCloseTo(change, 12)
  expect(change).toBeCloseTo(2.5 - 1.6, 12)
})

it('refuses shares that leave rows out and a value that comes twice', () => {
  const whole = [{ value: 'a', share: 1, mean: 0 }]

  expect(() => kitagawa(whole, [{ value: 'a', share: 0.5, mean: 0 }])).toThrow(
    'kitagawa: the shares of the current window sum to 0.5',
  )
  expect(() => kitagawa([...whole, ...whole], whole)).toThrow('kitagawa: the reference window has the value "a" twice')
  expect(() => kitagawa([{ value: 'a', share: 1, mean: Number.NaN }], whole)).toThrow(
    '"a" in the reference window has share 1 and mean NaN',
  )
})
