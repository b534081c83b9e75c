/**
 * Which points show the shape of a curve: largest triangle three buckets (Steinarsson 2013). Between the ends lie
 * `count - 2` buckets of equally many points, the first ones with one more where it does not come out even. Of each, the
 * point is chosen that spans the largest triangle with the point chosen before and the mean of the next bucket; the
 * first of equals.
 *
 * @param x - never falling, finite
 * @param y - finite
 * @param count - of points to choose, at least 2
 * @returns places of the chosen points, rising; all places when there are no more than `count`
 */
export function largestTriangles(x: Float64Array, y: Float64Array, count: number): Uint32Array {
  if (x.length !== y.length) throw new RangeError('largest triangles: x and y differ in length')
  if (!(count >= 2)) throw new RangeError(`largest triangles: ${count} points cannot show a curve; choose 2 at least`)
  if (x.length <= count) return Uint32Array.from(x.keys())

  const buckets = count - 2
  const last = x.length - 1
  const chosen = new Uint32Array(count)
  chosen[count - 1] = last
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = startOf(bucket, buckets, last)
    const until = startOf(bucket + 1, buckets, last)
    // Behind the last bucket there is only the end.
    const next = bucket === buckets - 1 ? last + 1 : startOf(bucket + 2, buckets, last)
    const corner = { x: mean(x, until, next), y: mean(y, until, next) }
    chosen[bucket + 1] = farthest(x, y, { from, until, before: chosen[bucket]!, corner })
  }
  return chosen
}

/** Of `last - 1` points between the ends, where those of a bucket begin. */
function startOf(bucket: number, buckets: number, last: number): number {
  const each = Math.floor((last - 1) / buckets)
  return 1 + bucket * each + Math.min(bucket, (last - 1) % buckets)
}

function mean(values: Float64Array, from: number, until: number): number {
  let sum = 0
  // Divided first: a sum of huge values would not be finite.
  for (let at = from; at < until; at++) sum += values[at]! / (until - from)
  return sum
}

interface Triangle {
  readonly from: number
  readonly until: number
  readonly before: number
  readonly corner: { readonly x: number; readonly y: number }
}

function farthest(x: Float64Array, y: Float64Array, { from, until, before, corner }: Triangle): number {
  const baseX = x[before]! - corner.x
  const baseY = corner.y - y[before]!
  let best = from
  let largest = -1
  for (let at = from; at < until; at++) {
    const area = Math.abs(baseX * (y[at]! - y[before]!) - (x[before]! - x[at]!) * baseY)
    if (area > largest) {
      largest = area
      best = at
    }
  }
  return best
}
