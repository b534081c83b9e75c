import type { PipelinesStore } from '../store.ts'
import { readPlan, type RunPlan } from './plan.ts'

/** How many plans stay in memory; the least recently used goes first. */
const keptCount = 64

/** Reads the plan of a run. */
export type Plans = (store: PipelinesStore, runId: string) => Promise<RunPlan>

/** A plan never changes, and that of a large run takes longer to read than all else that happens to one step. */
export function createPlans(): Plans {
  const kept = new Map<string, RunPlan>()

  return async (store, runId) => {
    const plan = kept.get(runId) ?? readPlan(await store.readPlan(runId))
    kept.delete(runId)
    kept.set(runId, plan)
    if (kept.size > keptCount) kept.delete(kept.keys().next().value!)
    return plan
  }
}
