import { didYouMean, type FileInput, type FileStep, type ParamDeclaration, whyNotValue } from '@evenkeel/contract'
import { quoteTemplate, variableName, type VariableOf } from './command.ts'
import { soleReference } from './expressions.ts'
import { type CompiledInput, inputOf, type Surroundings, unknownParam } from './inputs.ts'
import { PipelineMistake } from './mistake.ts'
import { checkOwn, type OwnValue, ownValueOf, type PlainValue, type Taker } from './own-values.ts'
import { type Body, namesOf } from './uses.ts'

type With = NonNullable<FileStep['with']>
type WithValue = With[string]

/** What the `with` of a step gives to the step it uses. */
export interface Bound {
  readonly inputs: Readonly<Record<string, CompiledInput>>
  /** Params of the run that the step sees. */
  readonly params: readonly string[]
  /** Params that it has for itself. */
  readonly own: Readonly<Record<string, OwnValue>>
  /** Variables to set before its command, as words of a shell. */
  readonly variables: ReadonlyMap<string, string>
}

export type Used = Extract<Body, { readonly kind: 'builtin' | 'folder' }>

/** @throws PipelineMistake for what the step does not know, and for what it needs and is not given */
export function bind(body: Used, given: With, around: Surroundings, taker: Taker): Bound {
  const inputNames = namesOf(body.declared.inputs)
  const paramNames = namesOf(body.declared.params)
  checkNames(given, inputNames, paramNames)
  const inputs = Object.fromEntries(inputNames.map((name) => [name, boundInput(name, given[name], around)]))
  return { inputs, ...(body.kind === 'builtin' ? forBuiltin : forFolder)(body, given, around, taker) }
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

/** A built-in step reads params by its own names: those it is given here, and else those of the run. */
function forBuiltin(body: Used, given: With, { params }: Surroundings, taker: Taker): Omit<Bound, 'inputs'> {
  const names = namesOf(body.declared.params)
  const own: Record<string, OwnValue> = {}
  for (const name of names) {
    const value = given[name]
    const found =
      value === undefined ? undefined : below(['with', name], () => forBuiltinParam(name, value, params, taker))
    if (found) own[name] = found
  }
  return { params: names.filter((name) => params[name] && !(name in own)), own, variables: new Map() }
}

/** @returns `undefined` when the value is that of the run */
function forBuiltinParam(
  name: string,
  value: WithValue,
  params: Surroundings['params'],
  taker: Taker,
): OwnValue | undefined {
  const plain = plainValue(name, value)
  const reference = typeof plain === 'string' ? soleReference(plain) : undefined
  if (reference?.to === 'params') {
    if (!params[reference.name]) throw unknownParam(reference.name, params)
    if (reference.name === name) return undefined
  }
  const own = ownValueOf(plain, taker)
  if (own) return own
  if (reference?.to === 'matrix') {
    throw new PipelineMistake(
      'The matrix is listed in the run, and a built-in step takes values that are known before; write the lists here.',
    )
  }
  throw new PipelineMistake(
    `A built-in step takes a value, \${{ matrix.x }}, or the param "${name}" of the run; declare it under "params" of the pipeline by this name.`,
  )
}

/** A step of a folder finds its params under its own names, wherever the values come from. */
function forFolder(body: Used, given: With, { params }: Surroundings, taker: Taker): Omit<Bound, 'inputs'> {
  const declared = body.declared.params as Readonly<Record<string, ParamDeclaration>> | undefined
  const own: Record<string, OwnValue> = {}
  const words = new Map<string, string>()
  const used: string[] = []
  for (const [name, declaration] of Object.entries(declared ?? {})) {
    const value = given[name] ?? (params[name] ? `\${{ params.${name} }}` : declaration.default)
    if (value === undefined) throw new PipelineMistake(`The step needs the param "${name}"; give it under "with".`)
    below(['with', name], () => {
      const plain = plainValue(name, value)
      const reference = typeof plain === 'string' ? soleReference(plain) : undefined
      if (reference?.to === 'params' && reference.name === name && params[name]) return used.push(name)
      words.set(name, wordOf(plain, taker.scope.variableOf))
      const found = ownValueOf(plain, taker)
      if (found) checkOwn(found, taker.instances, (one) => whyNotValue(name, declaration, one))
      return found && (own[name] = found)
    })
  }
  return { params: used, ...apart(own, words, [...used, ...taker.scope.usedParams]) }
}

/** Where a param of the run would have the variable of a value, the command reads that first, and then sets its own. */
function apart(own: Readonly<Record<string, OwnValue>>, words: ReadonlyMap<string, string>, ofRun: readonly string[]) {
  const taken = new Set(ofRun.map(variableName))
  const free = Object.entries(own).filter(([name]) => !taken.has(variableName(name)))
  const set = [...words].filter(([name]) => !free.some(([one]) => one === name))
  return {
    own: Object.fromEntries(free),
    variables: new Map(set.map(([name, word]) => [`EVENKEEL_PARAM_${variableName(name)}`, word] as const)),
  }
}

function plainValue(name: string, value: WithValue): PlainValue {
  if (isSpan(value)) throw new PipelineMistake(`"${name}" is a param; give a value.`)
  return value
}

const wordOf = (value: PlainValue, variableOf: VariableOf): string =>
  quoteTemplate(Array.isArray(value) ? JSON.stringify(value) : String(value), variableOf)
