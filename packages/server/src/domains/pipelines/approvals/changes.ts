import type { PipelineSpec, StepSpec } from '@evenkeel/contract'

/** What is other in a newer spec, in sentences; of a matrix one for all of its steps. */
export function changesInWords(before: PipelineSpec, after: PipelineSpec): string[] {
  const [old, now] = [stepsByName(before), stepsByName(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return [...paramChanges(before, after), ...names.flatMap((name) => stepChange(name, old.get(name), now.get(name)))]
}

const stepsByName = ({ steps }: PipelineSpec) => Map.groupBy(steps, ({ key }) => key.replace(/\[.*/s, ''))

function paramChanges({ params: before }: PipelineSpec, { params: after }: PipelineSpec): string[] {
  const text = (value: unknown) => (value === undefined ? 'not there' : JSON.stringify(value))
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [text(before[name]), text(after[name])]
    return was === is ? [] : [`The default of the param "${name}" is ${is} and was ${was}.`]
  })
}

function stepChange(name: string, before: readonly StepSpec[] | undefined, after: readonly StepSpec[] | undefined) {
  if (!before) return [`The step "${name}" is new.`]
  if (!after) return [`The step "${name}" is gone.`]
  const parts = partsOf(before[0]!, after[0]!)
  if (before.length !== after.length) parts.push(`${after.length} instances where it had ${before.length}`)
  return parts.length > 0 ? [`The step "${name}" has ${parts.join(', ')}.`] : []
}

const names: Partial<Record<keyof StepSpec, string>> = {
  run: 'another command',
  uses: 'another built-in step',
  approval: 'another approval',
  needs: 'other needs',
  when: 'another condition',
  inputs: 'other inputs',
  outputs: 'other outputs',
  params: 'other params',
  env: 'other variables',
}

function partsOf(before: StepSpec, after: StepSpec): string[] {
  const keys = Object.keys({ ...before, ...after }) as (keyof StepSpec)[]
  const differ = (key: keyof StepSpec) => JSON.stringify(before[key]) !== JSON.stringify(after[key])
  const changed = keys.filter((key) => key !== 'key' && key !== 'matrix' && differ(key))
  return changed.map((key) =>
    key === 'code' ? `other code (${codeChanges(before, after)})` : (names[key] ?? `another "${key}"`),
  )
}

const mostFiles = 5

function codeChanges(before: StepSpec, after: StepSpec): string {
  const of = ({ code }: StepSpec) => new Map((code ?? []).map(({ path, digest }) => [path, digest]))
  const [old, now] = [of(before), of(after)]
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path))
  const more = paths.length > mostFiles ? ` and ${paths.length - mostFiles} more` : ''
  return `${paths.slice(0, mostFiles).join(', ')}${more}`
}
