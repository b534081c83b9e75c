import { type AttemptState, type Metric, type RunStep, StepOutput, type StepState } from '@evenkeel/contract'
import { z } from 'zod'
import { lastOf } from '../engine/metrics/follow.ts'
import type { AttemptRow, PipelinesStore, StepRow } from '../store.ts'

/** What a step of a run has left, by whichever run it was made. */
export interface StoredResult {
  readonly key: string
  readonly state: StepState
  readonly reason: string | null
  readonly attempts: readonly AttemptState[]
  /** Milliseconds of the last attempt; null while there is none that ended. */
  readonly durationMs: number | null
  readonly values: Readonly<Record<string, string>>
  readonly outputs: RunStep['outputs']
  readonly metrics: readonly Metric[]
  /** The attempt that left it. */
  readonly made: AttemptRow | undefined
}

const Outputs = z.record(z.string(), StepOutput)

/** In the order of the run. */
export async function resultsIn(store: PipelinesStore, runId: string): Promise<StoredResult[]> {
  const steps = await store.stepsOf([runId])
  const own = Map.groupBy(await store.attemptsOf([runId]), ({ step_key }) => step_key)
  const taken = await attemptsBehind(store, steps)
  return steps.map((step) => resultOf(step, own.get(step.key) ?? taken.get(step.key) ?? []))
}

/** The step whose result this one took over; undefined when it ran by itself. */
export function sourceOf({ state, reused }: StepRow): { readonly run: string; readonly step: string } | undefined {
  return state === 'cached' ? (reused as unknown as { run: string; step: string }) : undefined
}

async function attemptsBehind(store: PipelinesStore, steps: readonly StepRow[]): Promise<Map<string, AttemptRow[]>> {
  const found = new Map<string, AttemptRow[]>()
  for (const step of steps) {
    const source = sourceOf(step)
    if (source) found.set(step.key, await store.attemptsOfSteps(source.run, [source.step]))
  }
  return found
}

function resultOf({ key, state, reason }: StepRow, attempts: readonly AttemptRow[]): StoredResult {
  const made = attempts.at(-1)
  const { started_at: start, ended_at: end } = made ?? {}
  return {
    key,
    state,
    reason,
    attempts: attempts.map((attempt) => attempt.state),
    durationMs: start && end ? end.getTime() - start.getTime() : null,
    values: (made?.small_values ?? {}) as Record<string, string>,
    outputs: Outputs.parse(made?.outputs ?? {}),
    metrics: lastOf(made?.metrics),
    made,
  }
}
