import type { Arm } from '@evenkeel/contract'
import { hashText } from './hash.ts'

export interface Weighted {
  readonly arm: Arm
  /** Hundredths of a percent. */
  readonly weight: number
}

const bucketCount = 10_000

/**
 * The arm of a unit. The canary grows from the low buckets and the baseline from the high ones, so that a larger
 * weight only adds units to them.
 */
export function armOf<A extends Weighted>(arms: readonly A[], salt: string, unit: string): A {
  const present = arms.filter(({ weight }) => weight > 0)
  const primary = present.find(({ arm }) => arm === 'primary') ?? present[0]
  if (!primary) throw new RangeError('arms: no arm has a weight; a desired state with such an endpoint is refused')
  if (present.length === 1) return primary
  const bucket = hashText(`${salt}/${unit}`) % bucketCount
  const canary = present.find(({ arm }) => arm === 'canary')
  if (canary && bucket < canary.weight) return canary
  const baseline = present.find(({ arm }) => arm === 'baseline')
  return baseline && bucket >= bucketCount - baseline.weight ? baseline : primary
}
