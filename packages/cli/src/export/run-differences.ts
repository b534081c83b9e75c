import type { SourceRun } from '../import/source/index.ts'
import { missingTags } from './marks.ts'

/** So many values are named. */
const mostNamed = 5

/** In what a run over there is not what it was to become, in words. */
export function differencesOf(wanted: SourceRun, there: SourceRun): readonly string[] {
  const told: string[] = []
  const same = (name: string, mine: string | number, other: string | number | undefined) => {
    if (mine !== other) told.push(`${name}: ${other ?? 'none'} there, ${mine} here`)
  }
  const { info } = wanted
  same('status', info.status, there.info.status)
  same('user', info.user_id, there.info.user_id)
  same('start time', info.start_time, there.info.start_time)
  if (info.run_name) same('name', info.run_name, there.info.run_name)
  if (info.end_time !== undefined && info.status !== 'RUNNING') same('end time', info.end_time, there.info.end_time)
  const other = [
    ...missingTags(wanted.data.params, there.data.params).map(({ key }) => `param ${key}`),
    ...missingTags(wanted.data.tags, there.data.tags).map(({ key }) => `tag ${key}`),
  ]
  if (other.length > 0) {
    const more = other.length > mostNamed ? ` and ${other.length - mostNamed} more` : ''
    told.push(`another value there, or none: ${other.slice(0, mostNamed).join(', ')}${more}`)
  }
  const [datasets, models] = [missingDatasets(wanted, there), missingModels(wanted, there)]
  if (datasets.length > 0) told.push(`datasets: ${datasets.length} are not there`)
  if (models.inputs.length + models.outputs.length > 0) told.push('links to logged models: some are not there')
  return told
}

export function missingDatasets({ inputs }: SourceRun, there: SourceRun | undefined) {
  const keyOf = ({ dataset: { name, digest } }: (typeof inputs.dataset_inputs)[number]) => `${digest} ${name}`
  const known = new Set(there?.inputs.dataset_inputs.map(keyOf))
  return inputs.dataset_inputs.filter((input) => !known.has(keyOf(input)))
}

export function missingModels({ inputs, outputs }: SourceRun, there: SourceRun | undefined) {
  const absent = <M extends { readonly model_id: string }>(wanted: readonly M[], found: readonly M[] | undefined) => {
    const known = new Set(found?.map(({ model_id: id }) => id))
    return wanted.filter(({ model_id: id }) => !known.has(id))
  }
  return {
    inputs: absent(inputs.model_inputs, there?.inputs.model_inputs),
    outputs: absent(outputs.model_outputs, there?.outputs.model_outputs),
  }
}
