import type { PipelinesStore, RunRow } from '../store.ts'
import { targetOf } from '../target.ts'
import { type Effect, recordLookUp, type Settled, settle } from './apply.ts'
import type { LookUp } from './cache/look-up.ts'
import { recordLeft } from './condition.ts'
import { expandPlan } from './expansion.ts'
import { addExpanded } from './expansion-rows.ts'
import { outputsOf } from './outputs.ts'
import type { Places } from './places.ts'
import { type Params, type RunPlan, sourcesOf, stepsByKey } from './plan.ts'
import { resultsOf } from './results.ts'
import type { States } from './states.ts'

/** Results that are looked up in one transaction. */
const lookUpsAtOnce = 100

export interface Looking {
  readonly store: PipelinesStore
  readonly run: RunRow
  readonly plan: RunPlan
  readonly places: Places
  readonly lookUp: LookUp
}

/** Decides; looks for results that steps which are ready may take over; decides again. */
export async function settleWithLookUps(looking: Looking, changed: States, now: number): Promise<Settled> {
  const effects: Effect[] = []
  let states = changed
  for (let count = 0; ;) {
    const settled = settle(looking.plan, states, now, looking.places)
    effects.push(...settled.effects)
    if (settled.reads.length > 0) {
      states = await readValues(looking, settled)
      continue
    }
    if (settled.lookUps.length === 0) return { ...settled, effects }
    // The rest comes in a transaction of its own, at once.
    if (count >= lookUpsAtOnce) return { ...settled, effects, wakeAt: now }
    const keys = settled.lookUps.slice(0, lookUpsAtOnce)
    count += keys.length
    await addExpanded(looking.store, looking.run, looking.plan, { before: changed, after: settled.states })
    states = await lookUpSteps({ ...looking, plan: expandPlan(looking.plan, settled.states) }, settled.states, keys)
  }
}

/** What a condition waits for; a step that wrote nothing has no values. */
async function readValues({ store, run }: Looking, { states, reads }: Settled): Promise<States> {
  const results = await resultsOf(store, run.id, reads)
  return reads.reduce((sum, key) => recordLeft(sum, key, results.get(key) ?? { values: {}, metrics: {} }), states)
}

async function lookUpSteps(
  { store, run, plan, lookUp }: Looking,
  states: States,
  keys: readonly string[],
): Promise<States> {
  const byKey = stepsByKey(plan)
  const steps = keys.map((key) => byKey.get(key)!)
  const found = await lookUp(store, {
    projectId: run.project_id,
    pipeline: run.pipeline,
    runId: run.id,
    target: targetOf(run),
    plan,
    steps,
    params: run.params as Params,
    outputs: await outputsOf(store, run.id, [...new Set(steps.flatMap(({ inputs }) => sourcesOf(inputs)))]),
  })
  await store.saveLookUps(
    run.id,
    found.map(({ step, key, parts, reused }) => ({
      key: step,
      cache_key: key ?? null,
      cache_parts: parts ?? null,
      reused: reused ?? null,
    })),
  )
  return found.reduce((sum, { step, verdict }) => recordLookUp(sum, step, verdict), states)
}
