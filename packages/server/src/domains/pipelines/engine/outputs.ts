import type { PipelinesStore } from '../store.ts'
import type { StoredOutputs } from './cache/parts.ts'
import type { Harvest } from './harvest.ts'

/** What these steps of a run have left, or taken over: `<step>/<output>` to what was stored. */
export async function outputsOf(
  store: PipelinesStore,
  runId: string,
  steps: readonly string[],
): Promise<StoredOutputs> {
  if (steps.length === 0) return new Map()
  // Only an attempt that ended well has outputs. States say less: in the transaction that changes them, they are not
  // written yet.
  const attempts = await store.attemptsOfSteps(runId, steps)
  const left = attempts.map(({ step_key, outputs }) => [step_key, outputs as Harvest['outputs']] as const)
  const taken = (await store.reusedOf(runId, steps)).map(
    ({ key, reused }) => [key, (reused as Pick<Harvest, 'outputs'>).outputs] as const,
  )
  return new Map(
    [...left, ...taken].flatMap(([step, outputs]) =>
      Object.entries(outputs).map(([name, stored]) => [`${step}/${name}`, stored] as const),
    ),
  )
}
