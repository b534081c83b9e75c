import type { RolloutState } from '@evenkeel/contract'
import type { MarkState } from '../ui/StateMark.tsx'

/** How each state of a rollout looks and reads. */
export const ROLLOUT_STATES: Readonly<Record<RolloutState, { readonly mark: MarkState; readonly word: string }>> = {
  awaiting_approval: { mark: 'attention', word: 'waits for approval' },
  loading: { mark: 'active', word: 'loading' },
  canary: { mark: 'active', word: 'canary' },
  paused: { mark: 'attention', word: 'paused' },
  promoting: { mark: 'active', word: 'promoting' },
  succeeded: { mark: 'done', word: 'succeeded' },
  rolling_back: { mark: 'attention', word: 'rolling back' },
  rolled_back: { mark: 'attention', word: 'rolled back' },
  failed: { mark: 'failed', word: 'failed' },
  declined: { mark: 'failed', word: 'declined' },
}

/** The way of a rollout from the request to the end, for the steps bar. */
export function stepsOf(weights: readonly number[]): readonly string[] {
  return ['approval', 'load', ...weights.map((weight) => `${weight} %`), '100 %']
}

/** How many steps lie behind a rollout in this state; the next one is under way. */
export function stepsDone(state: RolloutState, stepIndex: number, stepCount: number): number {
  switch (state) {
    case 'awaiting_approval':
    case 'declined':
      return 0
    case 'loading':
    case 'failed':
      return 1
    case 'canary':
    case 'paused':
    case 'rolling_back':
    case 'rolled_back':
      return 2 + stepIndex
    case 'promoting':
      return stepCount - 1
    case 'succeeded':
      return stepCount
  }
}
