import {
  paramsOfInputs,
  type ParamValue,
  type PipelineSpec,
  plural,
  type StepInput,
  type StepSpec,
} from '@evenkeel/contract'

/** Every step that comes before: those named, and those an input comes from. */
export function needsOf({ needs, inputs }: StepSpec): string[] {
  const sources = Object.values(inputs).flatMap((input) => {
    switch (input.from) {
      case 'step':
        return [input.step]
      case 'steps':
        return input.steps
      case 'dataset':
      case 'dataset-version':
        return []
    }
  })
  return [...new Set([...needs, ...sources])]
}

/** The run params that a pipeline takes, with their defaults; null for those that its steps name and nobody gave one. */
export function paramsOf({ params, steps }: PipelineSpec): Record<string, ParamValue> {
  const named = steps.flatMap((step) => [
    ...step.params.filter((name) => !(name in step.with)),
    ...paramsOfInputs(step.inputs),
  ])
  return { ...Object.fromEntries(named.map((name) => [name, null])), ...params }
}

/** What a step does, in a word or a command. */
export const noteOf = ({ uses, run }: StepSpec): string => uses ?? run?.join(' ') ?? ''

/** Where an input comes from, in words. */
export function inputWords(input: StepSpec['inputs'][string]): string {
  switch (input.from) {
    case 'step':
      return `${input.output} of ${input.step}`
    case 'steps':
      return `${input.output} of ${plural(input.steps.length, 'step')}`
    case 'dataset':
      return `${input.dataset}, from ${input.start} until ${input.end}`
    case 'dataset-version':
      return `${input.dataset}, ${versionWords(input.version)}`
  }
}

const versionWords = (version: Extract<StepInput, { from: 'dataset-version' }>['version']): string => {
  if (typeof version === 'object') return `the version that ${version.param} names`
  return version === 'latest' ? 'the newest version' : `version ${version}`
}

/** When an earlier result takes the place of a step, in words. */
export function cacheWords({ cache }: StepSpec): string {
  if (typeof cache === 'boolean') return cache ? 'when nothing it depends on has changed' : 'never'
  return `when nothing it depends on has changed, for ${cache.ttlSeconds} s`
}
