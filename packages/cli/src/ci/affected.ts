import { canonicalJson, type CodeFile, type PipelineSpec, type StepSpec } from '@evenkeel/contract'

/** What a change of the files means for a step. */
export interface Affected {
  readonly key: string
  /** `follows`: it depends on a step that changed. */
  readonly kind: 'changed' | 'follows' | 'same'
  readonly why: readonly string[]
}

/** What may be other without another result. */
const harmless: readonly string[] = [
  'key',
  'retries',
  'retryOn',
  'retryDelay',
  'timeoutSeconds',
  'graceSeconds',
  'cache',
  'allowFailure',
  'resources',
  'runsOn',
]

/** Compares two specs step by step; without one to compare with, every step is new. */
export function affectedSteps(before: PipelineSpec | undefined, after: PipelineSpec): Affected[] {
  const old = new Map(before?.steps.map((step) => [step.key, step]))
  const changed = new Map<string, string[]>()
  for (const step of after.steps) {
    const was = old.get(step.key)
    const why = was ? changesOf(was, step, before!.params, after.params) : ['It is new.']
    if (why.length > 0) changed.set(step.key, why)
  }
  const follows = followers(after.steps, changed)
  return after.steps.map(({ key }): Affected => {
    const why = changed.get(key)
    if (why) return { key, kind: 'changed', why }
    const behind = follows.get(key)
    return behind === undefined
      ? { key, kind: 'same', why: [] }
      : { key, kind: 'follows', why: [`It depends on ${behind}.`] }
  })
}

/** Steps that depend on a changed one, with that one or the one in between. */
function followers(steps: readonly StepSpec[], changed: ReadonlyMap<string, unknown>): Map<string, string> {
  const found = new Map<string, string>()
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const step of steps) {
      const behind = needsOf(step).find((need) => changed.has(need) || found.has(need))
      if (behind !== undefined && !found.has(step.key)) found.set(step.key, behind)
    }
  }
  return found
}

function needsOf({ needs, inputs }: StepSpec): string[] {
  const sources = Object.values(inputs).flatMap((input) => {
    if (input.from === 'step') return [input.step]
    return input.from === 'steps' ? input.steps : []
  })
  return [...needs, ...sources]
}

type Defaults = PipelineSpec['params']

function changesOf(was: StepSpec, is: StepSpec, before: Defaults, after: Defaults): string[] {
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])] as (keyof StepSpec)[]
  const other = keys.filter((key) => !harmless.includes(key) && key !== 'code' && !same(was[key], is[key]))
  const isCommand = (key: keyof StepSpec) => key === 'run' || key === 'uses'
  return [
    ...(other.some(isCommand) ? ['Its command changed.'] : []),
    ...codeChanges(was, is),
    ...is.params.flatMap((name) => paramChange(name, before[name], after[name])),
    ...other.filter((key) => !isCommand(key)).map((key) => `Its ${key} changed.`),
  ]
}

const same = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null)

function codeChanges(before: StepSpec, after: StepSpec): string[] {
  if (before.code === null && after.code === null) {
    return hasCode(after) ? ['It does not list its code, so nobody can tell whether that changed.'] : []
  }
  const [was, is] = [byPath(before.code), byPath(after.code)]
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((path) => {
    if (!was.has(path)) return [`The file ${path} was added.`]
    if (!is.has(path)) return [`The file ${path} was removed.`]
    return same(was.get(path), is.get(path)) ? [] : [`The file ${path} changed.`]
  })
}

/** What ships with us is of one version, and who asks people runs nothing. */
const hasCode = ({ uses, approval }: StepSpec): boolean => uses === undefined && approval === undefined

const byPath = (files: readonly CodeFile[] | null): Map<string, CodeFile> =>
  new Map((files ?? []).map((file) => [file.path, file]))

function paramChange(name: string, was: unknown, is: unknown): string[] {
  if (same(was, is)) return []
  const text = (value: unknown) => (value === undefined ? 'without a default' : JSON.stringify(value))
  return [`The param ${name} is ${text(is)} and was ${text(was)}.`]
}
