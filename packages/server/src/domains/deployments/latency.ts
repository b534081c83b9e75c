/** Edges of every latency histogram that we keep: the same as inference nodes count over, so nothing is rounded. */
export const latencyEdgesMs: readonly number[] = [
  0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500,
  750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000,
]

/** Counts by duration: `counts[i]` were at most `edgesMs[i]` and more than the edge before; the last is the rest. */
export interface Latencies {
  readonly edgesMs: readonly number[]
  readonly counts: readonly number[]
}

/**
 * Moves a histogram of a node that counts over other edges (an older one, or a newer) onto ours. A bucket that lies across an edge counts as slower, never as faster.
 *
 * @returns counts, one more than `latencyEdgesMs`
 */
export function onOurEdges({ edgesMs, counts }: Latencies): number[] {
  const moved = latencyEdgesMs.map(() => 0)
  moved.push(0)
  counts.forEach((count, i) => {
    moved[bucketOf(edgesMs[i] ?? Infinity)]! += count
  })
  return moved
}

function bucketOf(durationMs: number): number {
  const bucket = latencyEdgesMs.findIndex((edge) => edge >= durationMs)
  return bucket < 0 ? latencyEdgesMs.length : bucket
}

/** How many took longer than `slowMs`; the bucket that `slowMs` lies in counts as slow as a whole. */
export function countSlow(counts: readonly number[], slowMs: number): number {
  return counts.reduce((sum, count, i) => ((latencyEdgesMs[i] ?? Infinity) > slowMs ? sum + count : sum), 0)
}

/**
 * Quantile of a histogram on our edges, linear within its bucket.
 *
 * @param quantile - between 0 and 1
 * @returns milliseconds, 30,000 for all beyond the last edge; null without requests
 */
export function quantileMs(counts: readonly number[], quantile: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = quantile * total
  let below = 0
  const bucket = counts.findIndex((count) => (below += count) >= rank && count > 0)
  const low = latencyEdgesMs[bucket - 1] ?? 0
  const high = latencyEdgesMs[bucket] ?? low
  return high - ((below - rank) / counts[bucket]!) * (high - low)
}
