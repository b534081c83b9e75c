import type { Baseline } from '@evenkeel/contract'
import type { ValueGroup } from '@evenkeel/numerics'
import { type Bins, binsOf } from './bins.ts'
import { lossClip } from './performance.ts'
import type { LabelledRow } from './tally.ts'

/** Log loss of the labelled rows of one window, grouped by the bins of one feature. */
export interface LossOfFeature {
  readonly feature: string
  /** Shares sum to 1; means in nats. */
  readonly groups: readonly ValueGroup[]
}

/** Log loss of one prediction in nats; null without a label, or when the score is no probability. */
function lossOf({ label, score }: Pick<LabelledRow, 'label' | 'score'>): number | null {
  if (label === null || score === null || score < 0 || score > 1) return null
  const clipped = Math.min(Math.max(score, lossClip), 1 - lossClip)
  return label === 1 ? -Math.log(clipped) : -Math.log1p(-clipped)
}

/** Adds losses up by feature and bin, page by page. Rows without a value form a group of their own. */
export function createLossTally(baselines: readonly Baseline[]) {
  const features = baselines.flatMap((baseline) => {
    const bins = baseline.feature === 'score' ? undefined : binsOf(baseline)
    return bins ? [{ feature: baseline.feature, bins, ...emptySums(bins) }] : []
  })
  let rowCount = 0

  return {
    add(row: LabelledRow): void {
      const loss = lossOf(row)
      if (loss === null) return
      rowCount++
      for (const { feature, bins, counts, losses } of features) {
        const slot = bins.binOf(row.features[feature]) + 1
        counts[slot]!++
        losses[slot]! += loss
      }
    },
    read: (): LossOfFeature[] =>
      rowCount === 0
        ? []
        : features.map(({ feature, bins, counts, losses }) => ({
            feature,
            groups: [...counts.keys()]
              .filter((slot) => counts[slot]! > 0)
              .map((slot) => ({
                value: slot === 0 ? 'missing' : bins.nameOf(slot - 1),
                share: counts[slot]! / rowCount,
                mean: losses[slot]! / counts[slot]!,
              })),
          })),
  }
}

/** Slot 0 is for rows without a value. */
function emptySums({ reference }: Bins) {
  return { counts: new Float64Array(reference.length + 1), losses: new Float64Array(reference.length + 1) }
}
