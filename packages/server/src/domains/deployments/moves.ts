import { rolloutMoves, type RolloutState } from '@evenkeel/contract'

export const isEnded = (state: RolloutState): boolean => rolloutMoves[state].length === 0

/** @throws Error for a move that the contract does not list; a caller that comes here has a bug */
export function requireMove(from: RolloutState, to: RolloutState): void {
  const legal: readonly RolloutState[] = rolloutMoves[from]
  if (legal.includes(to)) return
  throw new Error(
    `A rollout cannot go from ${from} to ${to}; from there it can go to: ${legal.join(', ') || 'nowhere'}.`,
  )
}
