import type { FileInput, FileStep, ParamDeclaration } from '@evenkeel/contract'
import { quoteTemplate, variableName, type VariableOf } from './command.ts'
import { soleReference } from './expressions.ts'
import { type CompiledInput, inputOf, type Surroundings, unknownParam } from './inputs.ts'
import { didYouMean, PipelineMistake } from './mistake.ts'
import { type Body, namesOf } from './uses.ts'

type With = NonNullable<FileStep['with']>
type WithValue = With[string]

/** What the `with` of a step gives to the step it uses. */
export interface Bound {
  readonly inputs: Readonly<Record<string, CompiledInput>>
  /** Params of the run that the step sees. */
  readonly params: readonly string[]
  /** Defaults of params of the run. */
  readonly defaults: Readonly<Record<string, string | number | boolean | string[]>>
  /** Variables to set before its command, as words of a shell. */
  readonly variables: ReadonlyMap<string, string>
}

export type Used = Extract<Body, { readonly kind: 'builtin' | 'folder' }>

/** @throws PipelineMistake for what the step does not know, and for what it needs and is not given */
export function bind(body: Used, given: With, around: Surroundings, variableOf: VariableOf): Bound {
  const inputNames = namesOf(body.declared.inputs)
  const paramNames = namesOf(body.declared.params)
  checkNames(given, inputNames, paramNames)
  const inputs = Object.fromEntries(inputNames.map((name) => [name, boundInput(name, given[name], around)]))
  return { inputs, ...(body.kind === 'builtin' ? forBuiltin : forFolder)(body, given, around, variableOf) }
}

function checkNames(given: With, inputs: readonly string[], params: readonly string[]): void {
  const known = [...inputs, ...params]
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const guess = didYouMean(unknown, known) || ` It takes: ${known.join(', ') || 'nothing'}.`
  throw new PipelineMistake(`The step that is used knows no "${unknown}".${guess}`, ['with', unknown])
}

function boundInput(name: string, value: WithValue | undefined, around: Surroundings): CompiledInput {
  if (value === undefined) throw new PipelineMistake(`The step needs the input "${name}"; give it under "with".`)
  return below(['with', name], () => {
    if (typeof value === 'string' || isSpan(value)) return inputOf(value, around)
    throw new PipelineMistake(`"${name}" is an input; give the output of a step, or a dataset.`)
  })
}

const isSpan = (value: WithValue): value is Exclude<FileInput, string> =>
  typeof value === 'object' && !Array.isArray(value)

function below<T>(path: readonly string[], work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof PipelineMistake ? new PipelineMistake(error.message, [...path, ...error.path]) : error
  }
}

/** A built-in step reads params of the run by its own names. A value given here becomes the default of such a param. */
function forBuiltin(body: Used, given: With, { params }: Surroundings): Omit<Bound, 'inputs'> {
  const names = namesOf(body.declared.params)
  const defaults: Record<string, string | number | boolean | string[]> = {}
  for (const name of names) {
    const value = given[name]
    if (value !== undefined) below(['with', name], () => takeDefault(name, value, params, defaults))
  }
  return { params: names.filter((name) => params[name] ?? name in defaults), defaults, variables: new Map() }
}

function takeDefault(
  name: string,
  value: WithValue,
  params: Surroundings['params'],
  defaults: Record<string, unknown>,
) {
  const reference = typeof value === 'string' ? soleReference(value) : undefined
  if (reference) {
    if (reference.to === 'params' && reference.name === name && params[name]) return
    if (reference.to === 'params' && !params[reference.name]) throw unknownParam(reference.name, params)
    throw new PipelineMistake(
      `A built-in step reads the param "${name}" of the run; declare it under "params" of the pipeline by this name.`,
    )
  }
  if (isSpan(value)) throw new PipelineMistake(`"${name}" is a param; give a value.`)
  if (params[name])
    throw new PipelineMistake(`The pipeline declares the param "${name}"; write \${{ params.${name} }}.`)
  defaults[name] = value
}

/** A step of a folder finds its params in variables of its own names, wherever the values come from. */
function forFolder(body: Used, given: With, { params }: Surroundings, variableOf: VariableOf): Omit<Bound, 'inputs'> {
  const declared = body.declared.params as Readonly<Record<string, ParamDeclaration>> | undefined
  const variables = new Map<string, string>()
  const used: string[] = []
  for (const [name, declaration] of Object.entries(declared ?? {})) {
    const value = given[name] ?? (params[name] ? `\${{ params.${name} }}` : declaration.default)
    if (value === undefined) throw new PipelineMistake(`The step needs the param "${name}"; give it under "with".`)
    if (isSpan(value)) throw new PipelineMistake(`"${name}" is a param; give a value.`, ['with', name])
    const reference = typeof value === 'string' ? soleReference(value) : undefined
    if (reference?.to === 'params' && reference.name === name && params[name]) used.push(name)
    else
      variables.set(
        `EVENKEEL_PARAM_${variableName(name)}`,
        below(['with', name], () => wordOf(value, variableOf)),
      )
  }
  return { params: used, defaults: {}, variables }
}

const wordOf = (value: Exclude<WithValue, object> | string[], variableOf: VariableOf): string =>
  quoteTemplate(Array.isArray(value) ? JSON.stringify(value) : String(value), variableOf)
