import { type PipelineSpec, pipelinesErrors, type StepSpec } from '@evenkeel/contract'
import { failures } from '../../../platform/errors.ts'
import { needsOf } from '../engine/plan.ts'

const fail = failures(pipelinesErrors)

/** The step that tells the registry; what it would register is never made of a sample. */
export const registering = 'register-model'

interface Narrowing {
  /** These steps and all they depend on; every step when absent. */
  readonly only?: readonly string[] | undefined
  /** What registers a model or asks people, and what depends on it, is left out. */
  readonly makesNoModel: boolean
}

/**
 * The part of a pipeline that a run takes.
 *
 * @throws DomainError `pipelines.spec_invalid` when nothing is left
 */
export function narrowed(spec: PipelineSpec, { only, makesNoModel }: Narrowing): PipelineSpec {
  if (only === undefined && !makesNoModel) return spec
  const chosen = only ? withNeeds(spec.steps, only) : spec.steps
  const steps = makesNoModel ? withoutDeciding(chosen) : chosen
  // A trial waits for nobody: whoever holds the group may hold it for days.
  if (steps.length > 0) return { ...spec, steps, ...(makesNoModel && { concurrency: undefined }) }
  const reason =
    'No step is left: what registers a model or asks for approval, and what depends on it, does not run where something is tried out.'
  throw fail('pipelines.spec_invalid', { step: null, reason }, { why: reason })
}

function withNeeds(steps: readonly StepSpec[], only: readonly string[]): StepSpec[] {
  const byKey = new Map(steps.map((step) => [step.key, step]))
  const kept = new Set<string>()
  const keep = (key: string): void => {
    const step = byKey.get(key)
    if (!step) throw noSuchStep(key)
    if (kept.has(key)) return
    kept.add(key)
    needsOf(step).forEach(keep)
  }
  only.forEach(keep)
  return steps.filter(({ key }) => kept.has(key))
}

function noSuchStep(key: string) {
  const reason = `There is no step "${key}" to run alone.`
  return fail('pipelines.spec_invalid', { step: key, reason }, { why: reason })
}

/** A step may stand before what it needs, so this is repeated until nothing more has to go. */
function withoutDeciding(steps: readonly StepSpec[]): StepSpec[] {
  // What is tried out decides nothing, so nobody is asked; a pull request would wait for days.
  const decides = ({ uses, approval }: StepSpec) => uses === registering || approval !== undefined
  const gone = new Set(steps.filter(decides).map(({ key }) => key))
  for (let before = -1; before !== gone.size;) {
    before = gone.size
    for (const step of steps) if (needsOf(step).some((need) => gone.has(need))) gone.add(step.key)
  }
  return steps.filter(({ key }) => !gone.has(key))
}
