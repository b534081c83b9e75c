import type { PipelinesStore, RunRow } from '../store.ts'
import { expandWith, sourcesOfPlan } from './expansion.ts'
import type { RunPlan } from './plan.ts'
import type { Plans } from './plans.ts'
import { recordLeft } from './condition.ts'
import { resultsOf } from './results.ts'
import { changedSteps } from './rows.ts'
import type { States } from './states.ts'

/** The plan of a run with every matrix that is known by now. */
export const expandedPlans =
  (plans: Plans): Plans =>
  async (store, runId) => {
    const plan = await plans(store, runId)
    const sources = sourcesOfPlan(plan)
    if (sources.length === 0) return plan
    const results = await resultsOf(store, runId, sources)
    return expandWith(
      plan,
      ({ step, value }) => results.get(step)?.values[value],
      () => true,
    )
  }

/** Reads the values by which steps have been replaced, when states are read anew. */
export async function readExpansions(
  store: PipelinesStore,
  runId: string,
  plan: RunPlan,
  states: States,
): Promise<States> {
  const known = new Set(states.steps.map(({ key }) => key))
  const replaced = plan.steps.filter(({ key }) => !known.has(key))
  if (replaced.length === 0) return states
  const results = await resultsOf(store, runId, sourcesOfPlan({ ...plan, steps: replaced }))
  return [...results].reduce((sum, [key, left]) => recordLeft(sum, key, left), states)
}

/** Gives the steps of a matrix their rows, before anything is found for them that must be written there. */
export async function addExpanded(
  store: PipelinesStore,
  { id: runId, project_id: projectId }: Pick<RunRow, 'id' | 'project_id'>,
  plan: RunPlan,
  { before, after }: { readonly before: States; readonly after: States },
): Promise<void> {
  if (!plan.steps.some(({ expand }) => expand)) return
  const old = new Set(before.steps.map(({ key }) => key))
  const added = changedSteps(before, after).filter(({ key }) => !old.has(key))
  await store.saveSteps({ projectId, runId }, added)
}

/** Takes away the rows of steps that were replaced, and gives all others their places and needs. */
export async function saveExpansions(
  store: PipelinesStore,
  runId: string,
  plan: RunPlan,
  { before, after }: { readonly before: States; readonly after: States },
): Promise<void> {
  if (before.steps.every(({ key }, at) => after.steps[at]?.key === key)) return
  const now = new Set(after.steps.map(({ key }) => key))
  const replaced = before.steps.filter(({ key }) => !now.has(key)).map(({ key }) => key)
  if (replaced.length === 0) return
  await store.removeSteps(runId, replaced)
  const needs = new Map(plan.steps.map((step) => [step.key, step.needs]))
  await store.placeSteps(
    runId,
    after.steps.map(({ key }, position) => ({ key, position, needs: needs.get(key)! })),
  )
}
