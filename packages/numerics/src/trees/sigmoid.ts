const pointsPerUnit = 32
const reach = 16
const points = Float64Array.from({ length: 2 * reach * pointsPerUnit + 1 }, (_, index) =>
  exactly(index / pointsPerUnit - reach),
)

/**
 * The logistic function 1/(1+e^-x), from the third-order Taylor polynomial around the nearest of 1025 points: twice as
 * fast as the exponential, and within 4e-10, a hundredth of what a gradient is rounded to.
 */
export function sigmoid(x: number): number {
  if (!(x > -reach && x < reach)) return exactly(x)
  const index = Math.trunc((x + reach) * pointsPerUnit + 0.5)
  const step = x + reach - index / pointsPerUnit
  const value = points[index]!
  const slope = value * (1 - value)
  return value + step * slope * (1 + step * (0.5 - value + step * (1 / 6 - slope)))
}

function exactly(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
