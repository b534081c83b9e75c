/** A column of numbers that is only read: any typed array, or a plain array. */
export type Column = ArrayLike<number>

/** Refuses a sample that is empty or holds NaN or an infinity. */
export function checkSample(measure: string, name: string, values: Column): void {
  if (values.length === 0) {
    throw new RangeError(`${measure}: the ${name} sample is empty; compute it once there is at least one value`)
  }
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue
    throw new RangeError(
      `${measure}: the ${name} sample holds a value that is not finite (${values[i]} at index ${i}); ` +
        'drop such values first and report their share',
    )
  }
}

/** Refuses a number that is not strictly between 0 and 1: a confidence level, an error rate, a traffic share. */
export function checkOpenShare(measure: string, name: string, share: number): void {
  if (share > 0 && share < 1) return
  throw new RangeError(`${measure}: the ${name} is ${share}; give a number between 0 and 1, both excluded`)
}

/** Refuses a count that is not a whole number >= 0. */
export function checkCount(measure: string, name: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0) return
  throw new RangeError(`${measure}: ${name} is ${count}; give a whole number of 0 or more`)
}

/** Refuses two columns of different length. */
export function checkAligned(measure: string, a: readonly [string, Column], b: readonly [string, Column]): void {
  if (a[1].length === b[1].length) return
  throw new RangeError(
    `${measure}: ${a[1].length} ${a[0]} but ${b[1].length} ${b[0]}; give one of each per row, in the same order`,
  )
}

/** A sorted copy; the sample stays as it was. */
export function sortedSample(measure: string, name: string, values: Column): Float64Array {
  checkSample(measure, name, values)
  return Float64Array.from(values).sort()
}

/** Shares of one set of counts: each in [0, 1], summing to 1. */
export function sharesOf(measure: string, name: string, counts: Column): Float64Array {
  let total = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!
    if (!(count >= 0 && count < Infinity)) {
      throw new RangeError(`${measure}: the ${name} count of bin ${i} is ${count}; give finite counts of 0 or more`)
    }
    total += count
  }
  if (total === 0) {
    throw new RangeError(`${measure}: the ${name} window has no rows; compare once there is at least one`)
  }
  return Float64Array.from(counts, (count) => count / total)
}

/** Shares of two sets of counts over the same bins. */
export function alignedShares(
  measure: string,
  reference: Column,
  current: Column,
): { p: Float64Array; q: Float64Array } {
  if (reference.length !== current.length) {
    throw new RangeError(
      `${measure}: ${reference.length} reference bins but ${current.length} current bins; bin both by the same edges`,
    )
  }
  return { p: sharesOf(measure, 'reference', reference), q: sharesOf(measure, 'current', current) }
}
