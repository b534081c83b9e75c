import type { Metric } from '@evenkeel/contract'
import type { PipelinesStore } from '../store.ts'
import type { Reused } from './cache/look-up.ts'
import type { Harvest } from './harvest.ts'
import { lastOf } from './metrics/follow.ts'
import type { StepLeft } from './states.ts'

/** What a step has left or taken over, and which attempt wrote it. */
export interface StepResult extends Harvest, StepLeft {
  readonly run: string
  readonly step: string
}

/** What these steps of a run have left; a step that has left nothing is not there. */
export async function resultsOf(
  store: PipelinesStore,
  run: string,
  steps: readonly string[],
): Promise<ReadonlyMap<string, StepResult>> {
  if (steps.length === 0) return new Map()
  const attempts = await store.attemptsOfSteps(run, steps)
  // Only an attempt that ended well has left something, and it is the last one: what succeeded is never run again.
  const own = attempts.map(
    ({ step_key: step, outputs, small_values: values, metrics }) =>
      [
        step,
        {
          run,
          step,
          outputs: outputs as Harvest['outputs'],
          values: values as Harvest['values'],
          metrics: unlabelled(lastOf(metrics)),
        },
      ] as const,
  )
  const taken = (await store.reusedOf(run, steps)).map(({ key, reused }) => {
    const { metrics, ...taken } = reused as unknown as Reused
    return [key, { ...taken, metrics: unlabelled(metrics ?? []) }] as const
  })
  return new Map([...own, ...taken])
}

const unlabelled = (metrics: readonly Metric[]): Record<string, number> =>
  Object.fromEntries(
    metrics.flatMap(({ name, labels, value }) => (Object.keys(labels).length === 0 ? [[name, Number(value)]] : [])),
  )
