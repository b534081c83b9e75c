import { allowedWords, paramsOfInputs, type PipelineSpec } from '@evenkeel/contract'
import { cell, table } from '../table.ts'

/** Params that a run must give: its steps read them, and there is no default. */
export function neededParams({ params, steps }: PipelineSpec): string[] {
  const named = steps.flatMap((step) => [
    ...step.params.filter((name) => !(name in step.with)),
    ...paramsOfInputs(step.inputs),
  ])
  return [...new Set(named)].filter((name) => params[name] === undefined)
}

/** A table of the params of a pipeline: what each must be, its default and what it is for. */
export function paramLines(spec: PipelineSpec): string[] {
  const needed = neededParams(spec)
  const names = new Set([...Object.keys(spec.declarations), ...Object.keys(spec.params), ...needed])
  if (names.size === 0) return []
  const rows = [...names].map((name) => {
    const declared = spec.declarations[name]
    const usual = spec.params[name]
    const absent = needed.includes(name) ? 'must be given' : '–'
    return [
      name,
      declared?.type ?? '–',
      declared ? allowedWords(declared) : 'anything',
      usual === undefined ? absent : cell(JSON.stringify(usual), 60),
      cell(declared?.description ?? '') || '–',
    ]
  })
  return table(['param', 'type', 'must be', 'default', 'description'], rows)
}
