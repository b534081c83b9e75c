import type { ImportContext } from './context.ts'
import { copyFolder } from './files.ts'
import { folderHere, isAboutOne, persistently } from './here.ts'
import type { SourceLoggedModel } from './source/index.ts'
import { addTo, type Sides } from './tally.ts'
import { chunksOf } from './work.ts'

const valuesAtOnce = 500

/** Brings one logged model with its files. What cannot be kept is noted as a difference. */
export async function importLoggedModel(
  context: ImportContext,
  model: SourceLoggedModel,
  experiment: string,
  sides: Sides,
): Promise<void> {
  const what = `logged model ${model.info.model_id}`
  addTo(sides.there, { models: 1 })
  try {
    const kept = await put(context, model, experiment)
    addTo(sides.here, { models: 1 })
    const { params, metrics } = model.data
    const there = { params: params.length, tags: model.info.tags.length, metrics: metrics.length }
    context.tally.compare(what, there, kept)
    await bringFiles(context, { what, uri: model.info.artifact_uri, here: kept.artifactUri }, sides)
  } catch (error) {
    if (!isAboutOne(error)) throw error
    context.tally.differs(what, error.why)
  }
}

async function put({ source, here, signal }: ImportContext, { info, data }: SourceLoggedModel, experiment: string) {
  const base = {
    experiment,
    name: info.name,
    modelType: info.model_type || null,
    sourceRunId: info.source_run_id || null,
    status: info.status,
    statusMessage: info.status_message ?? null,
    createdMs: info.creation_timestamp_ms,
    updatedMs: info.last_updated_timestamp_ms,
    artifactUri: source.folderOf(info.artifact_uri) === undefined ? info.artifact_uri : null,
  }
  const [params, tags, metrics] = [
    chunksOf(data.params, valuesAtOnce),
    chunksOf(info.tags, valuesAtOnce),
    chunksOf(data.metrics.map(metricOf), valuesAtOnce),
  ]
  const send = (at: number) => {
    const body = {
      ...base,
      params: [...(params[at] ?? [])],
      tags: [...(tags[at] ?? [])],
      metrics: [...(metrics[at] ?? [])],
    }
    const request = { params: { model: info.model_id }, body }
    return persistently(signal, () => here.imports.putLoggedModel(request, { signal }))
  }
  const count = Math.max(params.length, tags.length, metrics.length)
  for (let at = 0; at < count - 1; at++) await send(at)
  return send(count - 1)
}

const metricOf = ({ key, value, timestamp, step, ...of }: SourceLoggedModel['data']['metrics'][number]) => ({
  key,
  value,
  timestampMs: timestamp,
  step,
  runId: of.run_id,
  datasetName: of.dataset_name,
  datasetDigest: of.dataset_digest,
})

async function bringFiles(
  context: ImportContext,
  { what, uri, here }: { readonly what: string; readonly uri: string; readonly here: string },
  sides: Sides,
): Promise<void> {
  const [from, to] = [context.source.folderOf(uri), folderHere(here)]
  if (from === undefined || to === undefined) return context.tally.liesElsewhere(uri)
  const counts = await copyFolder(context, { what, from, to, isNew: false })
  addTo(sides.there, counts.there)
  addTo(sides.here, counts.here)
  context.progress.brought({ bytes: counts.here.bytes })
}
