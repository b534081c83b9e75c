import type { CanaryCheck } from '@evenkeel/contract'
import { formatPercent, formatSigned } from '../ui/format.ts'
import type { MarkState } from '../ui/StateMark.tsx'

type Name = CanaryCheck['name']

/** What each check asks. */
export const CHECKS: Readonly<Record<Name, { readonly title: string; readonly asks: string }>> = {
  errors: { title: 'Errors', asks: 'share of requests that failed' },
  latency: { title: 'Latency', asks: 'share of requests that were slow' },
  quality: { title: 'Quality', asks: 'log loss on labelled predictions' },
  scores: { title: 'Scores', asks: 'distribution of the scores' },
  split: { title: 'Split', asks: 'whether the traffic is split as asked' },
}

export const VERDICTS: Readonly<Record<CanaryCheck['verdict'], { readonly mark: MarkState; readonly word: string }>> = {
  worse: { mark: 'failed', word: 'worse' },
  not_worse: { mark: 'done', word: 'not worse' },
  not_enough_data: { mark: 'active', word: 'not enough data yet' },
}

/** Shares of requests read better as percent; everything else as it is. */
const isShare = (name: Name) => name === 'errors' || name === 'latency'

export function formatDifference(name: Name, value: number): string {
  if (!isShare(name)) return formatSigned(value, 3)
  const text = formatPercent(Math.abs(value), 2)
  return Number.parseFloat(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`
}
