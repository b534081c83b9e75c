import type { RunRow } from '../store.ts'
import { hasEnded, type States } from './states.ts'

/** How many runs are remembered; the least recently used goes first. */
const keptCount = 256

/**
 * The states of runs as this server stored them last. Every change of a run raises its revision, so what another server
 * changed meanwhile is noticed. To read all steps and attempts of a large run takes longer than all else.
 */
export function createMemory() {
  const kept = new Map<string, { readonly revision: number; readonly states: States }>()

  return {
    recall({ id, revision }: Pick<RunRow, 'id' | 'revision'>): States | undefined {
      const found = kept.get(id)
      return found?.revision === revision ? found.states : undefined
    },

    /** After the commit: what was rolled back must not be remembered. */
    remember(runId: string, revision: number, states: States): void {
      kept.delete(runId)
      if (hasEnded(states.run)) return
      kept.set(runId, { revision, states })
      if (kept.size > keptCount) kept.delete(kept.keys().next().value!)
    },
  }
}
