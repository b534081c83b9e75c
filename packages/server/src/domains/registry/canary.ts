import type { CanaryVerdict, Rollout } from '@evenkeel/contract'

/** What a rollout in production means for the version that it brings. */
export type CanaryNews =
  | { readonly kind: 'none' }
  /** It runs beside the champion now. */
  | { readonly kind: 'challenger' }
  | { readonly kind: 'ended'; readonly verdict: CanaryVerdict }

/** Reads a rollout as it is now. */
export function readRollout(rollout: Rollout): CanaryNews {
  switch (rollout.state) {
    case 'canary':
    case 'paused':
      return { kind: 'challenger' }
    case 'succeeded':
      return { kind: 'ended', verdict: verdictOf(rollout, 'promoted') }
    case 'rolled_back':
      return { kind: 'ended', verdict: verdictOf(rollout, 'rolled_back') }
    case 'failed':
      return { kind: 'ended', verdict: verdictOf(rollout, 'failed') }
    // An approval that was declined is no verdict on the version's behaviour: it never ran.
    case 'declined':
    case 'awaiting_approval':
    case 'loading':
    case 'promoting':
    case 'rolling_back':
      return { kind: 'none' }
  }
}

function verdictOf(rollout: Rollout, verdict: CanaryVerdict['verdict']): CanaryVerdict {
  const { id, endedAt, eventTimeEnd, history } = rollout
  if (!endedAt) throw new Error(`The rollout ${id} is over but has no time of its end.`)
  // The last words of a promotion say that it is done; those before it say why.
  const decided = verdict === 'promoted' ? history.findLast(({ state }) => state === 'promoting') : undefined
  const { says } = decided ?? rollout
  return { rolloutId: id, verdict, says, decidedAt: endedAt, eventTime: eventTimeEnd }
}
