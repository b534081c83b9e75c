/** Adds up the parts in `small`, and takes the sums away from `large` when it is given. */
export function collect(parts: readonly Float64Array[], small: Float64Array, large: Float64Array | undefined): void {
  small.fill(0)
  for (const part of parts) {
    for (let at = 0; at < small.length; at++) small[at]! += part[at]!
  }
  if (!large) return
  for (let at = 0; at < small.length; at++) large[at]! -= small[at]!
}
