import type { Arm, ArmCounters } from '@evenkeel/contract'

/** Round numbers, and all usual limits for slow requests are among them. `counts[i]` is up to and with `edgesMs[i]`. */
export const latencyEdgesMs: readonly number[] = [
  0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500,
  750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000,
]

interface Series {
  readonly endpoint: string
  /** `direct` is a request for a version by its number: it belongs to no arm. */
  readonly arm: Arm | 'direct'
  readonly version: number
  readonly code: number
  requests: number
  totalMs: number
  readonly counts: number[]
}

/** Counts predictions (rows) since the process started. */
export class Counters {
  readonly #series = new Map<string, Series>()

  count(
    labels: { endpoint: string; arm: Arm | 'direct'; version: number; code: number },
    rowCount: number,
    durationMs: number,
  ): void {
    const key = `${labels.endpoint}/${labels.arm}/${labels.version}/${labels.code}`
    let series = this.#series.get(key)
    if (!series) {
      series = { ...labels, requests: 0, totalMs: 0, counts: Array<number>(latencyEdgesMs.length + 1).fill(0) }
      this.#series.set(key, series)
    }
    series.requests += rowCount
    series.totalMs += rowCount * durationMs
    series.counts[bucketOf(durationMs)]! += rowCount
  }

  all(): readonly Readonly<Series>[] {
    return [...this.#series.values()]
  }

  /** For the control plane: by arm and version, with codes from 500 as errors. */
  arms(): ArmCounters[] {
    const arms = new Map<string, ArmCounters>()
    for (const { endpoint, arm, version, code, requests, counts } of this.#series.values()) {
      if (arm === 'direct') continue
      const key = `${endpoint}/${arm}/${version}`
      const sum = arms.get(key) ?? emptyArm(endpoint, arm, version)
      arms.set(key, {
        ...sum,
        requests: sum.requests + requests,
        errors: sum.errors + (code >= 500 ? requests : 0),
        latency: { ...sum.latency, counts: sum.latency.counts.map((count, i) => count + counts[i]!) },
      })
    }
    return [...arms.values()]
  }
}

const emptyArm = (endpoint: string, arm: Arm, version: number): ArmCounters => ({
  endpoint,
  arm,
  version,
  requests: 0,
  errors: 0,
  latency: { edgesMs: [...latencyEdgesMs], counts: Array<number>(latencyEdgesMs.length + 1).fill(0) },
})

function bucketOf(durationMs: number): number {
  let low = 0
  let high = latencyEdgesMs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (latencyEdgesMs[middle]! < durationMs) low = middle + 1
    else high = middle
  }
  return low
}
