/** Relative change below which a series or a continued fraction has converged. */
const tolerance = 1e-16

/**
 * Natural logarithm of the gamma function.
 *
 * @param x - positive number
 * @returns accurate to about 1e-15 relative, 1e-15 absolute near the zeros at 1 and 2
 * @throws RangeError when `x` is not positive
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.41
 */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma: x is ${x}; give a positive number`)
  // Stirling's series needs a large argument: climb with gamma(x + 1) = x gamma(x).
  let climbed = 1
  let z = x
  for (; z < 15; z++) climbed *= z
  const r = 1 / (z * z)
  const tail = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) / z
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + tail - Math.log(climbed)
}

/**
 * Upper regularised incomplete gamma function Q(a, x).
 *
 * @param a - shape, > 0
 * @param x - lower limit of the integral, >= 0
 * @returns share in [0, 1]; relative accuracy about 1e-13 in the tail for `a` up to 1000
 * @throws RangeError when an argument is outside its range
 * @see Press and others, Numerical Recipes, section 6.2
 */
export function regularisedGammaQ(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) throw new RangeError(`gammaQ: a is ${a} and x is ${x}; give a > 0 and x >= 0`)
  if (x === 0) return 1
  if (x === Infinity) return 0
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
}

/** P(a, x) by its power series, which converges fast for x < a + 1. */
function gammaSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; term > sum * tolerance; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum * gammaFactor(a, x)
}

/** Q(a, x) by Lentz's continued fraction, which converges fast for x >= a + 1. */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = Infinity
  let d = 1 / b
  let value = d
  for (let n = 1, change = 0; Math.abs(change - 1) > 1e-15; n++) {
    const an = n * (a - n)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    change = c * d
    value *= change
  }
  return value * gammaFactor(a, x)
}

function gammaFactor(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - logGamma(a))
}

/** Error function, in [-1, 1]; accurate to about 1e-15 relative. */
export function erf(x: number): number {
  if (Math.abs(x) < 1) return x === 0 ? 0 : Math.sign(x) * gammaSeries(0.5, x * x)
  return 1 - erfc(x)
}

/** Complementary error function, in [0, 2]; keeps its relative accuracy in the upper tail. */
export function erfc(x: number): number {
  return x < 0 ? 2 - erfc(-x) : regularisedGammaQ(0.5, x * x)
}

/** Standard normal probability of a value at or below `z`; the upper tail is `normalCdf(-z)`. */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2
}

/** Two-sided p-value of a standard normal statistic, in [0, 1]. */
export function twoSidedP(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2)
}

/**
 * Standard normal quantile.
 *
 * @param probability - between 0 and 1, both excluded
 * @returns the z with `normalCdf(z) === probability`, to about 1e-15 relative
 * @throws RangeError when the probability is outside (0, 1)
 * @see Abramowitz and Stegun 26.2.23 for the first guess, polished by Halley's method
 */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(
      `normalQuantile: the probability is ${probability}; give a number between 0 and 1, both excluded`,
    )
  }
  if (probability > 0.5) return -normalQuantile(1 - probability)
  const t = Math.sqrt(-2 * Math.log(probability))
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
  for (let round = 0; round < 3; round++) {
    const step = (normalCdf(z) - probability) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2)
    z -= step / (1 + (z * step) / 2)
  }
  return z
}

/**
 * Probability that a chi-square variable is at or above a statistic: the p-value of a chi-square test.
 *
 * @param statistic - >= 0, may be infinite
 * @param degreesOfFreedom - > 0
 * @throws RangeError when an argument is outside its range
 */
export function chiSquareSurvival(statistic: number, degreesOfFreedom: number): number {
  return regularisedGammaQ(degreesOfFreedom / 2, statistic / 2)
}
