import type { ImportRun } from '@evenkeel/contract'
import type { ImportContext } from './context.ts'
import { persistently } from './here.ts'
import type { SourceRun } from './source/index.ts'
import { chunksOf } from './work.ts'

/** With the longest values that MLflow keeps, well below what one request may hold. */
const valuesAtOnce = 500
/** Schemas and profiles are long. */
const datasetsAtOnce = 1

/** Makes the run here, with everything but points and files. @returns where its files lie */
export async function putRun(
  { here, signal }: ImportContext,
  { info, data, inputs, outputs }: SourceRun,
  experiment: string,
  bringsFiles: boolean,
): Promise<string> {
  const datasets = inputs.dataset_inputs.map(({ tags, dataset: { source_type: sourceType, ...dataset } }) => ({
    ...dataset,
    sourceType,
    tags,
  }))
  const models = [
    ...inputs.model_inputs.map(({ model_id: modelId }) => ({ direction: 'input' as const, modelId, step: 0 })),
    ...outputs.model_outputs.map(({ model_id: modelId, step }) => ({ direction: 'output' as const, modelId, step })),
  ]
  const parts: Partial<ImportRun>[] = [
    ...chunksOf(data.params, valuesAtOnce).map((params) => ({ params: [...params] })),
    ...chunksOf(data.tags, valuesAtOnce).map((tags) => ({ tags: [...tags] })),
    ...chunksOf(datasets, datasetsAtOnce).map((some) => ({ datasets: [...some] })),
    ...chunksOf(models, valuesAtOnce).map((some) => ({ models: [...some] })),
  ]
  const base = {
    experiment,
    name: info.run_name || (data.tags.find(({ key }) => key === 'mlflow.runName')?.value ?? ''),
    userId: info.user_id,
    startedMs: info.start_time,
    artifactUri: bringsFiles ? null : info.artifact_uri,
    params: [],
    tags: [],
    datasets: [],
    models: [],
  }
  let uri = ''
  for (const body of joined(parts, base)) {
    const params = { run: info.run_id }
    const answer = await persistently(signal, () => here.imports.putRun({ params, body }, { signal }))
    uri = answer.artifactUri
  }
  return uri
}

/** Parts of different kinds travel together: nearly every run is one request. */
function joined(parts: readonly Partial<ImportRun>[], base: ImportRun): readonly ImportRun[] {
  const bodies: ImportRun[] = [base]
  for (const part of parts) {
    const [kind, values] = Object.entries(part)[0] as [keyof ImportRun, readonly unknown[]]
    if (values.length === 0) continue
    const free = bodies.findIndex((body) => (body[kind] as readonly unknown[]).length === 0)
    if (free === -1) bodies.push({ ...base, ...part })
    else bodies[free] = { ...bodies[free]!, ...part }
  }
  return bodies
}
