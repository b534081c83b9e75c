import type { Metric } from '@evenkeel/contract'
import type { Mask } from '../secrets/mask.ts'
import type { Harvest } from './harvest.ts'
import type { MetricNews } from './metrics/follow.ts'
import { InputChanged } from './quarantine.ts'
import { storable } from '../../../platform/storable.ts'

/** What a step told on its way, as it may be stored: without secrets. */
export function maskNews({ soFar, points, progress }: MetricNews, mask: Mask): MetricNews {
  const clean = <T extends Metric>(metric: T): T => ({
    ...metric,
    name: mask.text(metric.name),
    labels: maskRecord(metric.labels, mask),
  })
  return {
    soFar: { ...soFar, last: soFar.last.map(clean), warnings: soFar.warnings.map(mask.text) },
    points: points.map(clean),
    progress: progress && { ...progress, says: mask.text(progress.says) },
  }
}

/** What a step left, or what is wrong with that, as it may be stored. */
export function maskLeft(left: Harvest | Error | undefined, mask: Mask): Harvest | Error | undefined {
  if (left === undefined) return undefined
  if (left instanceof Error) {
    const says = mask.text(storable(left.message))
    return left instanceof InputChanged ? new InputChanged(says) : new Error(says)
  }
  return { ...left, values: maskRecord(left.values, mask) }
}

const maskRecord = (record: Readonly<Record<string, string>>, mask: Mask): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).map(([name, text]) => [mask.text(storable(name)), mask.text(storable(text))]),
  )
