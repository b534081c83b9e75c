import {
  combinationsOf,
  countOf,
  type Instance,
  keyed,
  type ListFrom,
  MatrixError,
  MatrixInclude,
  MatrixList,
  type MatrixSpec,
  runStepLimit,
} from '@evenkeel/contract'
import type { z } from 'zod'
import { type End, end } from './ending.ts'
import { onceFor } from './once-for.ts'
import type { Plan, PlannedStep, States, StepNow } from './states.ts'

/** A step of a plan stands for all steps of its matrix, which are known once a step before has written a list. */
export interface Expand {
  readonly kind: 'expand'
  readonly step: string
  /** Keys of the steps that take its place, in order. */
  readonly into: readonly string[]
}

type ValueOf = (from: ListFrom) => string | undefined
type Made =
  | { readonly instances: readonly Instance[] }
  | { readonly problem: string; readonly state: 'failed' | 'skipped' }

/** The steps that list a part of a matrix. */
export const listSources = ({ lists, include }: MatrixSpec): string[] => [
  ...new Set([...Object.values(lists), include].flatMap((list) => ('step' in list ? [list.step] : []))),
]

/** The steps whose values say what a plan becomes. */
export const sourcesOfPlan = onceFor(({ steps }: Plan): readonly string[] => [
  ...new Set(steps.flatMap(({ expand }) => (expand ? listSources(expand) : []))),
])

const someExpands = onceFor(({ steps }: Plan): boolean => steps.some(({ expand }) => expand))

/** Decides what a step becomes, once all that it needs has ended. */
export function decideExpansion(
  planned: PlannedStep,
  spec: MatrixSpec,
  plan: Plan,
  steps: ReadonlyMap<string, StepNow>,
): { readonly reads: readonly string[] } | { readonly action: Expand | End } {
  const sources = listSources(spec).map((key) => steps.get(key)!)
  const without = sources.find(({ state }) => state !== 'succeeded' && state !== 'cached')
  if (without)
    return end(planned, 'failed', `Its matrix is listed by the step "${without.key}", which ${without.state}.`)
  const reads = sources.filter(({ left }) => left === null).map(({ key }) => key)
  if (reads.length > 0) return { reads }
  const made = instancesOf(planned, plan, ({ step, value }) => steps.get(step)?.left?.values[value])
  if ('problem' in made) return end(planned, made.state, made.problem)
  return { action: { kind: 'expand', step: planned.key, into: made.instances.map(({ key }) => key) } }
}

/** What a step becomes by what was written: the same for the same values, whenever and wherever it is asked. */
function instancesOf({ key, expand }: PlannedStep, plan: Plan, valueOf: ValueOf): Made {
  try {
    const { lists, include, exclude } = expand!
    const known = Object.fromEntries(
      Object.entries(lists).map(
        ([name, list]) => [name, 'step' in list ? readList(list, MatrixList, valueOf) : list] as const,
      ),
    )
    const added = 'step' in include ? readList(include, MatrixInclude, valueOf) : include
    const limit = shareOf(plan)
    if (countOf(known) > limit || added.length > limit) return { state: 'failed', problem: tooMany(limit) }
    const combinations = combinationsOf(known, added, exclude)
    if (combinations.length > limit) return { state: 'failed', problem: tooMany(limit) }
    if (combinations.length === 0) return { state: 'skipped', problem: emptyBecause(expand!) }
    return { instances: keyed(key, combinations) }
  } catch (error) {
    if (error instanceof MatrixError) return { state: 'failed', problem: error.message }
    throw error
  }
}

/** Each matrix may have its part of what is left, so that it does not matter which is known first. */
function shareOf({ steps }: Plan): number {
  const open = steps.filter(({ expand }) => expand).length
  return Math.floor((runStepLimit - (steps.length - open)) / open)
}

const tooMany = (limit: number) => `Its matrix has more than the ${limit} steps that are left for it; list fewer.`

function emptyBecause(spec: MatrixSpec): string {
  const names = listSources(spec).map((step) => `"${step}"`)
  return `Its matrix is empty: ${names.join(' and ')} listed nothing for it.`
}

function readList<S extends z.ZodType>({ step, value }: ListFrom, schema: S, valueOf: ValueOf): z.output<S> {
  const text = valueOf({ step, value })
  if (text === undefined)
    throw new MatrixError(`Its matrix is the value "${value}" of "${step}", which wrote none of that name.`)
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const form = (schema as z.ZodType) === MatrixList ? '["a", "b"]' : '[{"x": 1}]'
  throw new MatrixError(`The value "${value}" of "${step}" is no list as in ${form}: ${text.slice(0, 80)}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The plan as far as it is known: what has expanded is replaced by what it became. */
export function expandPlan<P extends Plan>(plan: P, states: States): P {
  if (!someExpands(plan)) return plan
  const steps = new Map(states.steps.map((step) => [step.key, step]))
  return expandWith(
    plan,
    ({ step, value }) => steps.get(step)?.left?.values[value],
    (key) => !steps.has(key),
  )
}

/** @param isExpanded - whether a step has been replaced already */
export function expandWith<P extends Plan>(plan: P, valueOf: ValueOf, isExpanded: (key: string) => boolean): P {
  const parts = plan.steps.map((planned) => {
    if (!planned.expand || !isExpanded(planned.key)) return undefined
    const made = instancesOf(planned, plan, valueOf)
    return 'problem' in made ? undefined : made.instances
  })
  if (parts.every((part) => part === undefined)) return plan
  const keys = new Map(
    plan.steps.flatMap(({ key }, at) => (parts[at] ? [[key, parts[at].map((one) => one.key)] as const] : [])),
  )
  const become = (key: string): readonly string[] => keys.get(key) ?? [key]
  const steps = plan.steps.flatMap((planned, at) => {
    const known = behindExpanded(planned, become)
    return parts[at]?.map(({ key, values }) => ({ ...known, key, matrix: values, expand: null })) ?? [known]
  })
  return { ...plan, steps }
}

/** A step that needs what has expanded, or reads the same output of all of it. */
function behindExpanded<S extends PlannedStep & { readonly inputs?: object }>(
  step: S,
  become: (key: string) => readonly string[],
): S {
  const inputs = Object.entries(step.inputs ?? {}).map(
    ([name, input]: [string, { from: string; steps?: readonly string[] }]) =>
      [name, input.from === 'steps' ? { ...input, steps: input.steps!.flatMap(become) } : input] as const,
  )
  return { ...step, needs: step.needs.flatMap(become), ...(step.inputs && { inputs: Object.fromEntries(inputs) }) }
}

/** Puts the steps of a matrix into the place of the one that stood for them. */
export const replaceStep = (states: States, { step: key, into }: Expand): States => ({
  ...states,
  steps: states.steps.flatMap((step) => (step.key === key ? into.map((one) => ({ ...step, key: one })) : [step])),
})
