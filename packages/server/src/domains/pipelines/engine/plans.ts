import type { PipelinesStore, RunRow } from '../store.ts'
import { readPlan, type RunPlan } from './plan.ts'

/** How many runs stay in memory; the least recently used goes first. */
const keptCount = 64

/** Reads the plan of a run. */
export type Plans = (store: PipelinesStore, runId: string) => Promise<RunPlan>

/** A plan never changes, and that of a large run takes longer to read than all else that happens to one step. */
export const createPlans = (): Plans => keepNewest(async (store, runId) => readPlan(await store.readPlan(runId)))

/** What of a run is fixed when it is created, beside its plan. */
export type Origin = Pick<
  RunRow,
  | 'id'
  | 'project_id'
  | 'pipeline'
  | 'model'
  | 'commit'
  | 'trigger'
  | 'params'
  | 'user_id'
  | 'environment'
  | 'scope'
  | 'sample'
  | 'reproduces'
  | 'seed'
>

/** Reads where runs come from. */
export const createOrigins = () => keepNewest(async (store, runId): Promise<Origin> => (await store.readRun(runId))!)

function keepNewest<T>(read: (store: PipelinesStore, runId: string) => Promise<T>): typeof read {
  const kept = new Map<string, T>()

  return async (store, runId) => {
    const found = kept.get(runId) ?? (await read(store, runId))
    kept.delete(runId)
    kept.set(runId, found)
    if (kept.size > keptCount) kept.delete(kept.keys().next().value!)
    return found
  }
}
