import { createHash } from 'node:crypto'
import { folderHere } from '../import/here.ts'
import { SourceRefusal } from '../import/source/http.ts'
import type { SourceLoggedModel } from '../import/source/index.ts'
import { addTo, type Sides } from '../import/tally.ts'
import { chunksOf } from '../import/work.ts'
import { createBatches } from './batches.ts'
import type { ExportContext } from './context.ts'
import { sendFolder } from './files.ts'
import { knownModel, type KnownThing } from './known.ts'
import { marks, missingTags, type Tag, valueOf, withoutMarks } from './marks.ts'
import { pointKey } from './points.ts'
import { noProxy } from './runs.ts'

const mostParams = 100

/** Servers write it themselves, when a version is made of the model. */
const versionsTag = 'mlflow.modelVersions'

/** Makes a logged model over there, with nothing but its mark. */
export async function beginLoggedModel(
  context: ExportContext,
  { info }: SourceLoggedModel,
  experiment: string,
): Promise<void> {
  const { target, known, tally } = context
  if (known.models.has(info.model_id) || !known.keepsModels) return
  const run = known.run(info.source_run_id)
  if (info.source_run_id && run === undefined) {
    tally.note(`logged model ${info.model_id} names run ${info.source_run_id}, which is not exported`)
  }
  const body = {
    experiment_id: experiment,
    name: info.name,
    ...(info.model_type && { model_type: info.model_type }),
    ...(run !== undefined && { source_run_id: run }),
    params: [],
    tags: [{ key: marks.loggedModel, value: info.model_id }],
  }
  await noting(context, info.model_id, async () => {
    known.models.set(info.model_id, knownModel(await target.tracking.createLoggedModel(body), true))
  })
}

async function noting({ tally }: ExportContext, id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error
    tally.differs(`logged model ${id}`, `the target answered ${error.status}: ${error.message}`)
  }
}

/** Brings a logged model over there up to what it is here, and counts both sides. */
export async function exportLoggedModel(context: ExportContext, model: SourceLoggedModel, sides: Sides): Promise<void> {
  const { known, tally } = context
  const id = model.info.model_id
  if (!known.keepsModels) return noting(context, id, () => sendWithRun(context, model, sides))
  addTo(sides.here, { models: 1 })
  const there = known.models.get(id)
  if (!there) return
  addTo(sides.there, { models: 1 })
  if (!there.isOurs) return tally.note(`logged model ${id} was there before it was here, and was left as it is`)
  const registrations = valueOf(model.info.tags, versionsTag)
  if (registrations !== undefined) known.registrations.set(there.id, registrations)
  await noting(context, id, () => fill(context, model, { there, sides }))
}

/** Has logged models name their versions as they do here, when these are made. */
export async function nameVersions(context: ExportContext): Promise<void> {
  const { tracking } = context.target
  for (const [id, value] of context.known.registrations) {
    await noting(context, id, async () => {
      const { info } = await tracking.getLoggedModel(id)
      const missing = missingTags([{ key: versionsTag, value }], info.tags)
      if (missing.length > 0) await tracking.setLoggedModelTags(id, missing)
    })
  }
}

interface Place {
  readonly there: KnownThing
  readonly sides: Sides
}

async function fill(context: ExportContext, model: SourceLoggedModel, { there, sides }: Place): Promise<void> {
  const { tracking } = context.target
  const before = there.revision?.split('-')[1]
  const files = await filesOf(context, model, { to: there, before, sides })
  const revision = `${digestOf(model)}-${files.digest}`
  if (there.revision === revision && !context.full) return
  const isWhole = await sendValues(context, model, there.id)
  if (isWhole && files.isWhole) {
    await tracking.setLoggedModelTags(there.id, [{ key: marks.revision, value: revision }])
  }
}

async function sendValues(context: ExportContext, { info, data }: SourceLoggedModel, id: string): Promise<boolean> {
  const { target, tally } = context
  const { tracking } = target
  const before = await tracking.getLoggedModel(id)
  for (const params of chunksOf(missingTags(data.params, before.data.params), mostParams)) {
    if (params.length > 0) await tracking.logLoggedModelParams(id, params)
  }
  const tags = tagsOf(info)
  const missing = missingTags(tags, before.info.tags)
  if (missing.length > 0) await tracking.setLoggedModelTags(id, missing)
  await sendMetrics(context, { metrics: missingMetrics(data.metrics, before.data.metrics), id })
  if (info.status !== before.info.status) await tracking.endLoggedModel(id, info.status)
  const after = await tracking.getLoggedModel(id)
  const here = { params: data.params.length, tags: tags.length, metrics: data.metrics.length }
  const counts = {
    params: here.params - missingTags(data.params, after.data.params).length,
    tags: here.tags - missingTags(tags, after.info.tags).length,
    metrics: here.metrics - missingMetrics(data.metrics, after.data.metrics).length,
  }
  tally.compare(`logged model ${info.model_id}`, counts, here)
  return counts.params === here.params && counts.tags === here.tags && counts.metrics === here.metrics
}

function tagsOf({
  tags,
  creation_timestamp_ms: createdMs,
  artifact_uri: uri,
}: SourceLoggedModel['info']): readonly Tag[] {
  const createdAt = valueOf(tags, marks.createdAt) ?? new Date(createdMs).toISOString()
  return [
    ...withoutMarks(tags).filter(({ key }) => key !== versionsTag),
    { key: marks.createdAt, value: createdAt },
    ...(/^mlflow-artifacts:/i.test(uri) ? [] : [{ key: marks.files, value: uri }]),
  ]
}

type Metrics = SourceLoggedModel['data']['metrics']

/** A model has a metric of each run and data set that measured it. */
function missingMetrics(metrics: Metrics, there: Metrics): Metrics {
  const keyOf = (metric: Metrics[number]) =>
    `${metric.key} ${metric.dataset_digest} ${metric.dataset_name} ${pointKey(metric)}`
  const known = new Set(there.map(keyOf))
  return metrics.filter((metric) => !known.has(keyOf(metric)))
}

/** Metrics reach a model by the run that measured it. */
async function sendMetrics(
  { target, known }: ExportContext,
  { metrics, id }: { readonly metrics: Metrics; readonly id: string },
) {
  for (const [runId, some] of Map.groupBy(metrics, (metric) => metric.run_id)) {
    const run = known.run(runId)
    if (run === undefined) continue
    const batches = createBatches((batch) => target.tracking.logBatch(run, batch))
    for (const { run_id: _, ...metric } of some) await batches.add('metrics', { ...metric, model_id: id })
    await batches.flush()
  }
}

interface Files {
  readonly to: { readonly uri: string; readonly isNew: boolean }
  readonly before: string | undefined
  readonly sides: Sides
}

async function filesOf(context: ExportContext, { info }: SourceLoggedModel, { to, before, sides }: Files) {
  const { source, target, tally } = context
  const from = source.folderOf(info.artifact_uri) === undefined ? undefined : folderHere(info.artifact_uri)
  const folder = target.folderOf(to.uri)
  if (from === undefined) tally.liesElsewhere(info.artifact_uri)
  else if (folder === undefined) tally.note(noProxy(to.uri))
  if (from === undefined || folder === undefined) return { digest: '', isWhole: true }
  const what = `logged model ${info.model_id}`
  const sent = await sendFolder(context, { what, from, to: folder, isNew: to.isNew, before })
  addTo(sides.here, sent.here)
  addTo(sides.there, sent.there)
  return sent
}

/** Where the files of a logged model lie on a server that keeps only runs. */
export const folderInRun = (modelId: string) => `models/${modelId}`

async function sendWithRun(context: ExportContext, model: SourceLoggedModel, sides: Sides): Promise<void> {
  const { known, tally } = context
  const { model_id: id, source_run_id: runId } = model.info
  tally.note('the target is older than MLflow 3: files of logged models go to models/ in the folder of their run')
  const run = known.runs.get(runId)
  if (!run) return tally.differs(`logged model ${id}`, 'no run over there could take its files')
  const to = { uri: `${run.uri}/${folderInRun(id)}`, isNew: run.isNew }
  await filesOf(context, model, { to, before: undefined, sides })
}

const digestOf = (model: SourceLoggedModel) => createHash('sha256').update(JSON.stringify(model)).digest('hex')
