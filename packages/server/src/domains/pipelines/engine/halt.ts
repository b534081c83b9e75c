import { staysAfterCancel } from './condition.ts'
import {
  hasEnded,
  type Plan,
  type PlannedStep,
  type RunNow,
  type States,
  type StepNow,
  type StopWhy,
} from './states.ts'

/** Why steps that have not ended should. */
export interface Halt {
  readonly at: number
  readonly says: string
  readonly why: Extract<StopWhy, 'cancelled' | 'run_timeout' | 'fail_fast'>
}

/** A run ends before its steps do: somebody asked for it, or it took too long. */
export function haltOfRun({ timeoutMs }: Plan, { cancel, deadlineAt }: RunNow, now: number): Halt | null {
  if (cancel) return { ...cancel, why: 'cancelled' }
  if (timeoutMs === null || deadlineAt === null || now < deadlineAt) return null
  return { at: deadlineAt, says: `The run took longer than its timeout of ${spanOf(timeoutMs)}.`, why: 'run_timeout' }
}

/** What ends each step of a plan early; asked of those that have not ended. */
export function haltsOf(plan: Plan, states: States, now: number): (planned: PlannedStep, step: StepNow) => Halt | null {
  const ofRun = haltOfRun(plan, states.run, now)
  const ofMatrix = failedMatrices(plan, states)
  return (planned, step) => {
    if (ofRun && !outlives(planned, step, ofRun.at)) return ofRun
    return (planned.failFast && ofMatrix.get(matrixOf(planned))) || null
  }
}

/** What tidies up after a run that was ended is not ended with it, unless it ran before. */
function outlives(planned: PlannedStep, { state, attempts }: StepNow, haltedAt: number): boolean {
  const startedAt = state === 'running' ? attempts.at(-1)!.startedAt : null
  // Nobody is asked about a run that is over.
  return staysAfterCancel(planned) && planned.approval === null && (startedAt === null || startedAt >= haltedAt)
}

function failedMatrices(plan: Plan, { steps }: States): ReadonlyMap<string, Halt> {
  const quick = new Set(plan.steps.filter(({ failFast }) => failFast).map(({ key }) => key))
  if (quick.size === 0) return new Map()
  const failed = steps.filter(({ key, state }) => state === 'failed' && quick.has(key))
  // Of several the first in order of their names, so that everybody says the same.
  const sorted = failed.toSorted((a, b) => (a.key < b.key ? 1 : -1))
  return new Map(
    sorted.map(({ key, endedAt }) => {
      const says = `"${key}" failed, and the first failure ends the others of its matrix (fail_fast).`
      return [matrixOf({ key }), { at: endedAt ?? 0, says, why: 'fail_fast' as const }]
    }),
  )
}

/** `train` of `train[seed=2]`. */
export const matrixOf = ({ key }: { readonly key: string }): string => key.replace(/\[.*/s, '')

/** As in a file: 12h, 90s. */
function spanOf(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const
  const unit = units.find(([, length]) => ms % length === 0)
  return unit ? `${ms / unit[1]}${unit[0]}` : `${ms / 1000}s`
}

/** A run that waits in the line of its group has done nothing yet that would have to be tidied up. */
export const unended = ({ steps }: States): StepNow[] => steps.filter((step) => !hasEnded(step))
