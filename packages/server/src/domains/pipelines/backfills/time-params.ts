import type { BackfillRequest, ParamValue, PipelineSpec, TimeParams } from '@evenkeel/contract'

const none: TimeParams = { start: null, end: null }

/**
 * The params that get the bounds of a partition: those that are named, or else those from which every dataset input
 * takes its span.
 *
 * @returns them, or in words why nobody can tell
 */
export function timeParamsOf(
  { steps, params: defaults }: PipelineSpec,
  { timeParams: named, params }: Pick<BackfillRequest, 'timeParams' | 'params'>,
): TimeParams | string {
  const found = named ? { start: named.start ?? null, end: named.end ?? null } : spanOf(steps)
  if (typeof found === 'string') return found
  const { start, end } = found
  if (start !== null && start === end) return `The param "${start}" cannot be start and end at once.`
  const known = new Set([
    ...Object.keys(defaults),
    ...steps.flatMap(({ params: names, inputs }) => [...names, ...spansIn(inputs).flat()]),
  ])
  for (const name of [start, end]) {
    if (name === null) continue
    if (!known.has(name)) return `No step knows the param "${name}", which should get a bound of each partition.`
    if (params[name] !== undefined) return `The param "${name}" gets a bound of each partition; give it no value.`
  }
  return found
}

function spanOf(steps: PipelineSpec['steps']): TimeParams | string {
  const spans = steps.flatMap(({ inputs }) => spansIn(inputs))
  const [first] = spans
  if (!first) return none
  if (spans.every(([start, end]) => start === first[0] && end === first[1])) return { start: first[0], end: first[1] }
  const pairs = [...new Set(spans.map(([start, end]) => `"${start}" and "${end}"`))].join('; ')
  return `Its dataset inputs take their spans from different params (${pairs}); name the two that get the bounds with --start-param and --end-param.`
}

const spansIn = (inputs: PipelineSpec['steps'][number]['inputs']): [string, string][] =>
  Object.values(inputs).flatMap((input): [string, string][] =>
    input.from === 'dataset' ? [[input.start, input.end]] : [],
  )

/** What the run of one partition is given: bounds are ISO 8601 in UTC. */
export const paramsFor = (
  given: Readonly<Record<string, ParamValue>>,
  { start, end }: TimeParams,
  bounds: { readonly start: string; readonly end: string },
): Record<string, ParamValue> => ({
  ...given,
  ...(start !== null && { [start]: bounds.start }),
  ...(end !== null && { [end]: bounds.end }),
})
