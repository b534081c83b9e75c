import { allowedWords, type DeclaredParam, type PipelineSpec, plural, type StepSpec } from '@evenkeel/contract'

/** What is other in a newer spec, one line each; of a matrix one line for all of its steps. */
export function changesBetween(before: PipelineSpec, after: PipelineSpec): string[] {
  const [old, now] = [groupsOf(before), groupsOf(after)]
  const steps = [...new Set([...old.keys(), ...now.keys()])].flatMap((name) =>
    stepChange(name, old.get(name), now.get(name)),
  )
  const rest = wholeKeys
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => `~ ${key}`)
  return [...rest, ...paramChanges(before, after), ...steps]
}

const wholeKeys = ['model', 'description', 'timeoutSeconds', 'priority', 'concurrency'] as const

function groupsOf({ steps }: PipelineSpec): Map<string, StepSpec[]> {
  return Map.groupBy(steps, ({ key }) => key.replace(/\[.*/s, ''))
}

function stepChange(name: string, before: readonly StepSpec[] | undefined, after: readonly StepSpec[] | undefined) {
  const count = (steps: readonly StepSpec[]) => (steps.length > 1 ? ` (${steps.length} of a matrix)` : '')
  if (!before) return [`+ step ${name}${count(after!)}`]
  if (!after) return [`- step ${name}${count(before)}`]
  const keys = changedKeys(before[0]!, after[0]!)
  if (before.length !== after.length || before.some(({ key }, at) => key !== after[at]!.key)) {
    keys.push(`matrix, ${before.length} → ${plural(after.length, 'step')}`)
  }
  return keys.length > 0 ? [`~ step ${name}: ${keys.join(', ')}`] : []
}

function changedKeys(before: StepSpec, after: StepSpec): string[] {
  const keys = (Object.keys({ ...before, ...after }) as (keyof StepSpec)[]).filter(
    (key) => key !== 'key' && key !== 'matrix',
  )
  return keys.flatMap((key) => {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) return []
    return key === 'code' ? [`code (${codeChanges(before, after)})`] : [key]
  })
}

function codeChanges(before: StepSpec, after: StepSpec): string {
  const of = ({ code }: StepSpec) => new Map((code ?? []).map((file) => [file.path, JSON.stringify(file)]))
  const [old, now] = [of(before), of(after)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path))
  return paths.length > 3 ? `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more` : paths.join(', ')
}

function paramChanges(before: PipelineSpec, after: PipelineSpec): string[] {
  return [...defaultChanges(before, after), ...declarationChanges(before, after)]
}

function declarationChanges({ declarations: before }: PipelineSpec, { declarations: after }: PipelineSpec): string[] {
  const text = (declared: DeclaredParam | undefined) => (declared ? allowedWords(declared) : 'anything')
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [text(before[name]), text(after[name])]
    return was === is ? [] : [`~ param ${name} may be ${is}, and could be ${was}`]
  })
}

function defaultChanges({ params: before }: PipelineSpec, { params: after }: PipelineSpec): string[] {
  const text = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value))
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
    text(before[name]) === text(after[name]) ? [] : [`~ param ${name}: ${text(before[name])} → ${text(after[name])}`],
  )
}
