import type { Histogram } from '@evenkeel/contract'

export interface Bar {
  readonly from: number
  readonly to: number
  /** Share of all rows per unit of the feature, so that wide bins do not look heavier than they are. */
  readonly density: number
  /** Share of all rows, in [0, 1]. */
  readonly share: number
}

/** Bins as densities; empty when there are no rows. A bin without width counts, and has no area to draw. */
export function densities({ edges, counts }: Histogram): Bar[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return []
  return counts.map((count, i) => {
    const from = edges[i]!
    const to = edges[i + 1]!
    const share = count / total
    return { from, to, share, density: to > from ? share / (to - from) : 0 }
  })
}
