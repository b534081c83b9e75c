import { describe, expect, it } from 'vitest'
import {
  chiSquareSurvival,
  erf,
  erfc,
  logGamma,
  normalCdf,
  normalQuantile,
  regularisedGammaQ,
} from './distributions.ts'

// scipy.special.erf(x), erfc(x)
it.each([
  { x: 1e-10, erfX: 1.1283791670955126e-10, erfcX: 0.999999999887162 },
  { x: 0.3, erfX: 0.3286267594591274, erfcX: 0.6713732405408726 },
  { x: 1, erfX: 0.8427007929497148, erfcX: 0.15729920705028516 },
  { x: 1.5, erfX: 0.9661051464753108, erfcX: 0.03389485352468927 },
  { x: 3, erfX: 0.9999779095030014, erfcX: 2.2090496998585445e-5 },
  { x: 6, erfX: 1, erfcX: 2.1519736712498913e-17 },
  { x: 20, erfX: 1, erfcX: 5.395865611607901e-176 },
])('gives the error function and its complement at $x', ({ x, erfX, erfcX }) => {
  expect(relativeError(erf(x), erfX)).toBeLessThanOrEqual(1e-12)
  expect(relativeError(erf(-x), -erfX)).toBeLessThanOrEqual(1e-12)
  expect(relativeError(erfc(x), erfcX)).toBeLessThanOrEqual(1e-12)
  expect(relativeError(erfc(-x), 1 + erfX)).toBeLessThanOrEqual(1e-12)
})

// scipy.special.gammaln(x)
it.each([
  [0.1, 2.252712651734206],
  [0.5, 0.5723649429247],
  [1, 0],
  [1.5, -0.12078223763524526],
  [2, 0],
  [2.5, 0.2846828704729192],
  [10, 12.801827480081469],
  [100.5, 361.43554046777757],
  [1e6, 12815504.569147611],
])('gives the logarithm of gamma(%d)', (x, expected) => {
  expect(Math.abs(logGamma(x) - expected)).toBeLessThanOrEqual(1e-14 * Math.max(1, expected))
})

// scipy.special.gammaincc(a, x)
it.each([
  [0.5, 0.2, 0.5270892568655381],
  [0.5, 30, 9.485737571073857e-15],
  [1, 1, 0.36787944117144245],
  [2.5, 9, 0.0029464045878802923],
  [50, 40, 0.9296649333406051],
  [50, 120, 1.6008226793344963e-13],
  [500, 450, 0.9892827619087102],
  [500, 700, 7.032145641828496e-16],
])('gives the upper incomplete gamma function at a = %d, x = %d', (a, x, expected) => {
  expect(relativeError(regularisedGammaQ(a, x), expected)).toBeLessThanOrEqual(1e-11)
})

// scipy.stats.chi2.sf(statistic, df)
it.each([
  [3.84, 1, 0.05004352124870519],
  [30, 10, 0.000856641210775301],
  [0.5, 4, 0.9735009788392561],
  [200, 20, 1.1253473960842808e-31],
  [Infinity, 3, 0],
  [0, 3, 1],
])('gives the chi-square tail at %d with %d degrees of freedom', (statistic, df, expected) => {
  expect(relativeError(chiSquareSurvival(statistic, df), expected)).toBeLessThanOrEqual(1e-12)
})

describe('the normal quantile', () => {
  // scipy.special.ndtri(p)
  it.each([
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798409],
    [1e-4, -3.7190164854556804],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [1 - 1e-12, 7.0344869100478356],
  ])('of %d', (probability, z) => {
    expect(relativeError(normalQuantile(probability), z)).toBeLessThanOrEqual(1e-12)
    expect(relativeError(normalCdf(z), probability)).toBeLessThanOrEqual(1e-11)
  })

  it('of one half is 0', () => {
    expect(normalQuantile(0.5)).toBeCloseTo(0, 15)
  })

  it.each([0, 1, Number.NaN])('refuses %d', (probability) => {
    expect(() => normalQuantile(probability)).toThrow('give a number between 0 and 1, both excluded')
  })
})

/** Off by which part of the expected value; absolute where that is 0. */
function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / (Math.abs(expected) || 1)
}
