import {
  ExpressionError,
  paramsOfInputs,
  parseExpression,
  type PipelineSpec,
  type StepSpec,
  stepsReadBy,
  whyNotValue,
} from '@evenkeel/contract'
import { isInstance, needsSuccess } from './condition.ts'
import { listSources } from './expansion.ts'
import { needsOf, type Params } from './plan.ts'

/** What is wrong with a spec, in words; `step` is null when it is the spec as a whole. */
export interface SpecProblem {
  readonly step: string | null
  readonly reason: string
}

/** The first thing that would keep the pipeline from running, or `undefined`. */
export function problemOf(spec: PipelineSpec, isBuiltin: (name: string) => boolean): SpecProblem | undefined {
  const steps = new Map(spec.steps.map((step) => [step.key, step]))
  for (const step of spec.steps) {
    const reason = problemOfStep(step, steps, spec, isBuiltin)
    if (reason) return { step: step.key, reason }
  }
  return problemOfDeclarations(spec) ?? cycleOf(spec)
}

/** Bounds that no number fits, or a default that the run could not be given either. */
function problemOfDeclarations(spec: PipelineSpec): SpecProblem | undefined {
  for (const [name, declared] of Object.entries(spec.declarations)) {
    const { min = -Infinity, max = Infinity } = declared.type === 'number' ? declared : {}
    if (min > max) return { step: null, reason: `No value fits the param "${name}": its min is above its max.` }
  }
  return wrongParam(spec, spec.params)
}

function problemOfStep(
  step: StepSpec,
  steps: ReadonlyMap<string, StepSpec>,
  spec: PipelineSpec,
  isBuiltin: (name: string) => boolean,
): string | undefined {
  if (steps.get(step.key) !== step) return `Two steps are called "${step.key}"; rename one.`
  const given = [step.uses, step.run, step.approval].filter((one) => one !== undefined)
  if (given.length !== 1) return 'Give either "uses", "run" or "approval".'
  if (step.uses !== undefined && !isBuiltin(step.uses)) return `No step "${step.uses}" ships with Evenkeel.`
  if (step.uses !== undefined && step.heartbeatSeconds !== undefined)
    return 'Steps that ship with Evenkeel do not touch the heartbeat file; give it a timeout instead.'
  if (step.resources.slots['gpu'] !== undefined) return 'GPUs are asked for with "gpu", not as one of the slots.'
  const unknown = needsOf(step).find((key) => !steps.has(key))
  if (unknown) return `It needs the step "${unknown}", which does not exist.`
  return (
    problemOfExpansion(step, steps) ??
    problemOfCondition(step) ??
    problemOfInputs(step, steps) ??
    collisionOf(step, spec) ??
    problemOfCode(step) ??
    problemOfNames(step) ??
    problemOfRuntime(step)
  )
}

function problemOfRuntime({ uses, code, runtime }: StepSpec): string | undefined {
  if (runtime === null) return undefined
  if (uses !== undefined) return 'A step that ships with Evenkeel brings its own software; leave "runtime" out.'
  if (runtime.kind !== 'node') return undefined
  if (code === null) return 'Its packages are found beside its code, and it lists none; list it under "code".'
  const own = code.find(({ path }) => path.split('/', 1)[0] === 'node_modules')
  return own && `Its packages come from the lock file, so "${own.path}" cannot be a part of its code.`
}

/** Two files cannot lie in one place, nor one below another. */
function problemOfCode({ code }: StepSpec): string | undefined {
  const paths = new Set<string>()
  for (const { path } of code ?? []) {
    if (paths.has(path)) return `The file "${path}" is listed twice.`
    paths.add(path)
  }
  const foldersOf = (path: string) => path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))
  const file = [...paths].flatMap(foldersOf).find((folder) => paths.has(folder))
  return file === undefined ? undefined : `"${file}" is listed as a file, and as the folder of others.`
}

function problemOfNames({ outputs, folderOutputs, env, secrets }: StepSpec): string | undefined {
  const unknown = folderOutputs.find((name) => !outputs.includes(name))
  if (unknown !== undefined) return `"${unknown}" is said to be a folder, and is none of its outputs; add it there.`
  const both = Object.keys(secrets).find((name) => name in env)
  return both === undefined ? undefined : `"${both}" is in "env" and in "secrets"; take one out.`
}

/** A matrix is listed by one step, and what it becomes is read as a whole. */
function problemOfExpansion(step: StepSpec, steps: ReadonlyMap<string, StepSpec>): string | undefined {
  const single = Object.values(step.inputs).find((input) => input.from === 'step' && steps.get(input.step)?.expand)
  if (single?.from === 'step') return `"${single.step}" becomes several steps; take the output of all of them.`
  if (!step.expand) return undefined
  if (Object.keys(step.matrix).length > 0) return 'Give either "matrix" or "expand".'
  const several = listSources(step.expand).find((key) => steps.get(key)?.expand)
  return several && `Its matrix is listed by "${several}", which becomes several steps itself; let one step list it.`
}

/** A condition reads what the step waits for. */
function problemOfCondition(step: StepSpec): string | undefined {
  if (typeof step.when !== 'object') return undefined
  try {
    const needs = needsOf(step)
    const read = stepsReadBy(parseExpression(step.when.condition))
    const unknown = read.find((name) => !needs.some((key) => isInstance(key, name)))
    return unknown && `Its condition reads the step "${unknown}", which it does not need; add it to "needs".`
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return `Its condition, at character ${error.at + 1}: ${error.message}`
  }
}

function problemOfInputs(spec: StepSpec, steps: ReadonlyMap<string, StepSpec>): string | undefined {
  const { inputs } = spec
  for (const [name, input] of Object.entries(inputs)) {
    if (input.from === 'dataset' || input.from === 'dataset-version') continue
    const sources = input.from === 'step' ? [input.step] : input.steps
    const without = sources.find((source) => !steps.get(source)?.outputs.includes(input.output))
    if (without !== undefined)
      return `Its input "${name}" is the output "${input.output}" of "${without}", which has no such output.`
    if (!needsSuccess(spec))
      return `It also runs when "${sources[0]}" has failed and left nothing, so it cannot take an input from there.`
  }
  return undefined
}

/** Names become environment variables, where `a-b` and `a_b` are the same. */
function collisionOf(
  { params, with: own, inputs, outputs, matrix, expand }: StepSpec,
  spec: PipelineSpec,
): string | undefined {
  for (const names of [
    [...params, ...Object.keys(own).filter((name) => !params.includes(name))],
    Object.keys(inputs),
    outputs,
    Object.keys({ ...matrix, ...expand?.lists }),
    Object.keys(spec.params),
  ]) {
    const seen = new Map<string, string>()
    for (const name of names) {
      const before = seen.get(variableName(name))
      if (before !== undefined) return `"${before}" and "${name}" are the same name for a step; rename one.`
      seen.set(variableName(name), name)
    }
  }
  return undefined
}

/** `trainFrom` becomes `TRAINFROM`: the part of an environment variable that names a param, an input or an output. */
export const variableName = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '_')

/** Takes away steps whose needs are gone, until none can be; what is left waits for itself. */
function cycleOf({ steps }: PipelineSpec): SpecProblem | undefined {
  let left = steps
  for (;;) {
    const keys = new Set(left.map(({ key }) => key))
    const blocked = left.filter((step) => needsOf(step).some((need) => keys.has(need)))
    if (blocked.length === 0) return undefined
    if (blocked.length === left.length) {
      const names = blocked.map(({ key }) => `"${key}"`).join(', ')
      return { step: blocked[0]!.key, reason: `These steps wait for each other: ${names}.` }
    }
    left = blocked
  }
}

/**
 * Why a run cannot have these params: one is missing, or is not what the pipeline declares.
 *
 * @param params - all of them, with the defaults
 */
export const problemOfParams = (spec: PipelineSpec, params: Params): SpecProblem | undefined =>
  missingParam(spec, params) ?? wrongParam(spec, params)

/** The first param whose value is of the wrong type or out of bounds; what is not declared may be anything. */
function wrongParam({ declarations }: PipelineSpec, params: Params): SpecProblem | undefined {
  for (const [name, declared] of Object.entries(declarations)) {
    const value = params[name]
    const reason = value === undefined ? undefined : whyNotValue(name, declared, value)
    if (reason !== undefined) return { step: null, reason }
  }
  return undefined
}

/** The first param of a step that has no value in this run, or `undefined`. */
export function missingParam({ steps }: PipelineSpec, params: Params): SpecProblem | undefined {
  for (const step of steps) {
    const name = [...paramsOf(step)].find((param) => params[param] === undefined)
    if (name !== undefined) {
      return { step: step.key, reason: `The run gives no value for the param "${name}", and it has no default.` }
    }
  }
  return undefined
}

/** The first step that is asked to run anew and is not there: a typing mistake. */
export function unknownStep({ steps }: PipelineSpec, noCache: boolean | readonly string[]): SpecProblem | undefined {
  if (typeof noCache === 'boolean') return undefined
  const name = noCache.find((asked) => !steps.some(({ key }) => isInstance(key, asked)))
  return name === undefined ? undefined : { step: null, reason: `No step is called "${name}", which should run anew.` }
}

/** The first given param that no step would ever see: a typing mistake. */
export function unusedParam(spec: PipelineSpec, given: Params): SpecProblem | undefined {
  const declared = [...Object.keys(spec.params), ...Object.keys(spec.declarations)]
  const known = new Set([...declared, ...spec.steps.flatMap((step) => [...paramsOf(step)])])
  const name = Object.keys(given).find((param) => !known.has(param))
  if (name === undefined) return undefined
  return { step: null, reason: `No step knows the param "${name}"; there are ${[...known].join(', ') || 'none'}.` }
}

/** The params of the run that a step reads. */
function paramsOf({ params, with: own, inputs }: StepSpec): ReadonlySet<string> {
  return new Set([...params.filter((name) => !(name in own)), ...paramsOfInputs(inputs)])
}
