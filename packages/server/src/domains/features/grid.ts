/**
 * Measures are kept in steps of 2^-20 (about a millionth). Sums of such numbers are exact in a double up to 2^33, in
 * whatever order they are added, and so are differences of running sums: that is why a feature that was computed for
 * training equals, bit by bit, the one that is computed for serving.
 */
const stepsPerUnit = 2 ** 20

/** The nearest step; halves go away from zero, as `round` of DuckDB does. */
export const toGrid = (value: number): number =>
  (Math.sign(value) * Math.round(Math.abs(value) * stepsPerUnit)) / stepsPerUnit

/** The same in DuckDB. */
export const toGridSql = (expression: string): string =>
  `round(CAST(${expression} AS DOUBLE) * ${stepsPerUnit}) / ${stepsPerUnit}`
