import type { ReproductionSummary, Sameness } from '@evenkeel/contract'
import type { MarkState } from '../ui/index.ts'

interface Look {
  readonly mark: MarkState
  readonly word: string
}

export const sameness: Readonly<Record<Sameness, Look>> = {
  identical: { mark: 'done', word: 'bit-identical' },
  equal: { mark: 'done', word: 'equal' },
  differs: { mark: 'failed', word: 'differs' },
  pending: { mark: 'waiting', word: 'not compared yet' },
  not_repeated: { mark: 'skipped', word: 'not repeated' },
}

/** What came of it, or how far it is. */
export function lookOf({ verdict, state }: ReproductionSummary): Look {
  if (verdict !== null) return sameness[verdict]
  if (state === 'cancelled') return { mark: 'stopped', word: 'cancelled' }
  if (state === 'failed' || state === 'succeeded') return { mark: 'attention', word: 'no verdict' }
  return { mark: 'active', word: 'at work' }
}
