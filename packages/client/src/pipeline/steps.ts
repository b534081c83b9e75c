import { type FileRuntime, type FileStep, type PipelineFile, StepSpec } from '@evenkeel/contract'
import type { z } from 'zod'
import { approvalOf } from './approval.ts'
import { bind, type Bound, type Used } from './bind.ts'
import { conditionOf } from './condition.ts'
import { limitsOf } from './limits.ts'
import { commandOf, withVariables } from './command.ts'
import { toSeconds } from './durations.ts'
import { placeOf } from './place.ts'
import { hasPlaceholder } from './expressions.ts'
import { inputOf, type Outline, type Surroundings, unknownParam, unknownStep } from './inputs.ts'
import { expandMatrix, matrixFromOutput, stepsInMatrix } from './matrix.ts'
import { type Notebook, type Path, PipelineMistake } from './mistake.ts'
import { ownValuesIn } from './own-values.ts'
import { runtimeOf } from './runtime.ts'
import { checkVariables, openScope } from './scope.ts'
import { secretsOf } from './secrets.ts'
import { type Body, bodyOf, foldersOf, namesOf, outputsOf, type Sources } from './uses.ts'

type Spec = z.input<typeof StepSpec>
type Values = NonNullable<z.input<typeof StepSpec>['matrix']>

/** A step as it is written, with what the file says for all of them, and what others need to know of it. */
export interface WrittenStep {
  readonly name: string
  readonly step: FileStep
  readonly body: Body
  readonly outline: Outline
  /** Its `runtime`, where that is written, and what its paths are meant for. */
  readonly software: {
    readonly runtime: FileRuntime | undefined
    readonly at: Path
    readonly files: Pick<Sources, 'file'>
  }
}

export function writtenStep(
  name: string,
  own: FileStep,
  defaults: PipelineFile['defaults'] = {},
  sources: Sources,
): WrittenStep {
  const body = bodyOf(own, sources)
  const { shell, code, runtime, ...always } = defaults
  const ofCommands = body.kind === 'run' ? { ...(shell && { shell }), ...(code && { code }) } : {}
  const shared = { ...ofCommands, ...always }
  const step = body.kind === 'approval' ? own : { ...shared, ...own, env: { ...defaults.env, ...own.env } }
  const instances = expandMatrix(name, step.matrix)
  const outline = { instances, hasMatrix: step.matrix !== undefined, outputs: outputsOf(step, body) }
  return { name, step, body, outline, software: softwareOf(name, own, body, runtime, sources) }
}

/** What a step says itself comes first, then what the step it uses brings, then what holds for all commands. */
function softwareOf(
  name: string,
  own: FileStep,
  body: Body,
  ofAll: FileRuntime | undefined,
  sources: Sources,
): WrittenStep['software'] {
  if (own.runtime !== undefined) return { runtime: own.runtime, at: ['steps', name, 'runtime'], files: sources }
  if (body.kind === 'folder' && body.declared.runtime !== undefined) {
    return { runtime: body.declared.runtime, at: ['steps', name, 'uses'], files: body }
  }
  return { runtime: body.kind === 'builtin' ? undefined : ofAll, at: ['defaults', 'runtime'], files: sources }
}

/** @returns a spec for each of its instances; `undefined` when the notebook has got mistakes of it */
export function compileStep(
  { name, step, body, outline, software }: WrittenStep,
  around: Surroundings,
  sources: Sources,
  notebook: Notebook,
): Spec[] | undefined {
  const part = <T>(path: Path, work: () => T) => notebook.part(['steps', name, ...path], work)
  const settings = part([], () => settingsOf(step))
  const needs = part(['needs'], () => needsOf(step, around))
  const condition = part(['when'], () => conditionOf(step, outline, around))
  const env = part(['env'], () => environmentOf(step))
  const secrets = part(['secrets'], () => secretsOf(step))
  const runtime = notebook.part(software.at, () => runtimeOf(software.runtime, software.files))
  const work =
    body.kind === 'run'
      ? compileCommand(step, body, outline, around, sources, part)
      : body.kind === 'approval'
        ? part([], () => ({ approval: approvalOf(step.with, around), own: {} }))
        : part([], () => compileUse(step, body, outline, around))
  const expand = part(['matrix'], () => expansionOf(step, around))
  if (!settings || !needs || !condition || !env || !secrets || !work || !expand || runtime === undefined)
    return undefined
  const { own, ...does } = work
  const { needs: read, ...when } = condition
  const all = { ...settings, ...when, needs: [...new Set([...needs, ...read])], env, secrets, runtime }
  const base = { ...all, folderOutputs: foldersOf(step, body), ...does }
  const specs = outline.instances.map((instance) => {
    const { key, values, later } = instance
    const one = { ...base, key, with: ownValuesIn(own, instance) }
    return later ? { ...one, ...expand } : { ...one, matrix: values as Values }
  })
  return part([], () => checkSpec(specs[0]!)) ? specs : undefined
}

/** @throws PipelineMistake when what lists the matrix is not there, or is several steps */
function expansionOf({ matrix }: FileStep, { outlines }: Surroundings): Pick<Spec, 'expand'> {
  const expand = matrixFromOutput(matrix)
  for (const name of stepsInMatrix(matrix)) {
    const outline = outlines.get(name)
    if (!outline) throw unknownStep(name, outlines.keys())
    if (outline.hasMatrix) throw new PipelineMistake(`The step "${name}" is a matrix; one step lists another matrix.`)
  }
  return expand ? { expand } : {}
}

type Part = <T>(path: Path, work: () => T) => T | undefined
type Does = Pick<Spec, 'uses' | 'run' | 'approval' | 'params' | 'inputs' | 'outputs' | 'code' | 'source'> &
  Pick<Bound, 'own'>

function compileCommand(
  step: FileStep,
  { run }: Body & { kind: 'run' },
  { outputs, instances }: Outline,
  around: Surroundings,
  sources: Sources,
  part: Part,
): Does | undefined {
  const listed = step.params ?? []
  const entries = Object.entries(step.inputs ?? {})
  const inputs = entries.map(
    ([input, value]) => [input, part(['inputs', input], () => inputOf(value, around))] as const,
  )
  const known = listed.map((param, at) => part(['params', at], () => declared(param, around)))
  const names = { params: around.params, inputs: Object.keys(step.inputs ?? {}), outputs, instances }
  const scope = openScope(names)
  const command = part(['run'], () => commandOf(run, step.shell ?? 'sh', scope.variableOf))
  const code = part(step.code ? ['code'] : [], () => filesOf(step, sources))
  const apart = [
    part(['inputs'], () => distinct(names.inputs)),
    part(Array.isArray(step.outputs) ? [] : ['outputs'], () => distinct(outputs)),
  ]
  const found = inputs.flatMap(([input, value]) => (value ? [[input, value] as const] : []))
  if (!command || !code || [...known, ...apart].includes(undefined) || found.length < inputs.length) return undefined
  const params = [...new Set([...listed, ...scope.usedParams])]
  return { run: command, params, inputs: Object.fromEntries(found), outputs: [...outputs], code, own: {} }
}

const distinct = (names: readonly string[]): true => {
  checkVariables(names)
  return true
}

function declared(param: string, { params }: Surroundings): true {
  if (!params[param]) throw unknownParam(param, params)
  return true
}

/** An empty list asks for no code; anything else without a file is a slip. */
function filesOf({ code }: FileStep, sources: Sources) {
  return code?.length === 0 ? [] : [...sources.code('', code)]
}

function compileUse(step: FileStep, body: Used, { outputs, instances }: Outline, around: Surroundings): Does {
  const scope = openScope({ params: around.params, inputs: [], outputs: [], instances })
  const bound = bind(body, step.with ?? {}, around, { scope, instances })
  const shared = { inputs: bound.inputs, outputs: [...outputs], own: bound.own }
  if (body.kind === 'builtin') return { ...shared, uses: body.name, params: [...bound.params] }
  const { declared: file, source } = body
  const inner = openScope({
    params: file.params ?? {},
    inputs: namesOf(file.inputs),
    outputs,
    instances: [{ key: '', values: {} }],
  })
  const command = commandOf(file.run, file.shell ?? 'sh', inner.variableOf)
  const run = [...withVariables(bound.variables, command)]
  const params = [...new Set([...bound.params, ...scope.usedParams])]
  return { ...shared, run, params, code: [...body.code(file.code)], ...(source && { source }) }
}

function needsOf({ needs = [] }: FileStep, { outlines }: Surroundings): string[] {
  const names = typeof needs === 'string' ? [needs] : needs
  return names.flatMap((need, at) => {
    const outline = outlines.get(need)
    if (!outline)
      throw new PipelineMistake(unknownStep(need, outlines.keys()).message, typeof needs === 'string' ? [] : [at])
    return outline.instances.map(({ key }) => key)
  })
}

function environmentOf({ env = {} }: FileStep): Record<string, string> {
  for (const [name, value] of Object.entries(env)) {
    if (hasPlaceholder(String(value))) {
      throw new PipelineMistake('Expressions in "env" are not supported yet; read EVENKEEL_PARAM_… in the command.', [
        name,
      ])
    }
  }
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]))
}

function settingsOf(step: FileStep) {
  const { allow_failure, retries, timeout, grace, cache } = step
  return {
    ...placeOf(step),
    ...(allow_failure !== undefined && { allowFailure: allow_failure }),
    ...retriesOf(retries),
    ...limitsOf(step),
    ...(timeout && { timeoutSeconds: toSeconds(timeout) }),
    ...(grace && { graceSeconds: toSeconds(grace) }),
    ...(cache !== undefined && { cache: typeof cache === 'boolean' ? cache : { ttlSeconds: toSeconds(cache.ttl) } }),
  }
}

function retriesOf(retries: FileStep['retries']): Pick<Spec, 'retries' | 'retryOn' | 'retryDelay'> {
  if (retries === undefined || typeof retries === 'number') return retries === undefined ? {} : { retries }
  const { max, delay, backoff, max_delay, on } = retries
  const longest = max_delay ?? (delay && toSeconds(delay) > 60 ? delay : undefined)
  const retryDelay = {
    ...(delay && { seconds: toSeconds(delay) }),
    ...(backoff && { factor: backoff }),
    ...(longest && { maxSeconds: toSeconds(longest) }),
  }
  return { retries: max, retryDelay, ...(on && { retryOn: on }) }
}

const written: Readonly<Record<string, string>> = {
  runsOn: 'runs_on',
  timeoutSeconds: 'timeout',
  graceSeconds: 'grace',
  heartbeatSeconds: 'heartbeat',
  retryDelay: 'retries',
  approval: 'with',
}

/** What the schema of a compiled step says, said of the file. */
function checkSpec(spec: Spec): true {
  const parsed = StepSpec.safeParse(spec)
  if (parsed.success) return true
  const { path, message } = parsed.error.issues[0]!
  const [key, ...rest] = path.map((part) => (typeof part === 'symbol' ? '' : part))
  const below = key === 'env' ? rest.slice(0, 1) : []
  throw new PipelineMistake(`This cannot be: ${message}.`, [written[String(key)] ?? String(key), ...below])
}
