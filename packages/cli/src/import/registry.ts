import { ApiError } from '@evenkeel/client'
import type { ImportVersion } from '@evenkeel/contract'
import type { ImportContext } from './context.ts'
import { isAboutOne, persistently } from './here.ts'
import type { SourceModel, SourceVersion } from './source/index.ts'

export interface RegistryCounts {
  models: number
  versions: number
  aliases: number
}

export interface RegistrySides {
  readonly there: RegistryCounts
  readonly here: RegistryCounts
}

/** Ids of experiments here, by those of the source. */
export type ExperimentIds = ReadonlyMap<string, string>

export const promptTag = 'mlflow.prompt.is_prompt'
/** In which experiments a prompt is shown: `,1,7,`. */
export const promptExperimentsTag = '_mlflow_experiment_ids'

export const isPrompt = ({ tags }: SourceModel) =>
  tags.some(({ key, value }) => key === promptTag && value.toLowerCase() === 'true')

/** Every registered model and prompt of the source, once. */
export async function* modelsOf({ source }: Pick<ImportContext, 'source'>): AsyncGenerator<SourceModel> {
  const seen = new Set<string>()
  for await (const model of source.models()) {
    if (!seen.has(model.name)) yield model
    seen.add(model.name)
  }
}

/** Of one model, oldest first: numbers are kept. */
export async function versionsOf({ source }: Pick<ImportContext, 'source'>, model: SourceModel) {
  const versions = await Array.fromAsync(source.versions(model.name, isPrompt(model)))
  return versions.toSorted((one, other) => one.version - other.version)
}

/** Brings registered models, prompts, their versions and aliases, and counts both sides. */
export async function importRegistry(context: ImportContext, experiments: ExperimentIds): Promise<RegistrySides> {
  const sides = { there: noRegistryCounts(), here: noRegistryCounts() }
  for await (const model of modelsOf(context)) {
    const versions = await versionsOf(context, model)
    sides.there.models++
    sides.there.versions += versions.length
    sides.there.aliases += model.aliases.length
    await noting(context, `model ${model.name}`, () => importModel(context, model, { versions, experiments, sides }))
  }
  return sides
}

export const noRegistryCounts = (): RegistryCounts => ({ models: 0, versions: 0, aliases: 0 })

interface ModelParts {
  readonly versions: readonly SourceVersion[]
  readonly experiments: ExperimentIds
  readonly sides: RegistrySides
}

async function importModel(context: ImportContext, model: SourceModel, parts: ModelParts): Promise<void> {
  const { here, signal, tally } = context
  const { versions, experiments, sides } = parts
  const tags = model.tags.map((tag) =>
    tag.key === promptExperimentsTag ? { ...tag, value: mapped(tag.value, experiments) } : tag,
  )
  const body = {
    description: model.description,
    createdMs: model.creation_timestamp,
    updatedMs: model.last_updated_timestamp,
    tags,
  }
  const params = { model: model.name }
  const kept = await persistently(signal, () => here.imports.putModel({ params, body }, { signal }))
  tally.compare(`model ${model.name}`, { tags: tags.length }, kept)
  sides.here.models++
  for (const version of versions) {
    const what = `version ${version.version} of ${model.name}`
    await noting(context, what, async () => {
      await importVersion(context, version, { what, isPrompt: isPrompt(model) })
      sides.here.versions++
    })
  }
  for (const { alias, version } of model.aliases) {
    await noting(context, `alias ${alias} of ${model.name}`, async () => {
      const request = { params: { ...params, alias }, body: { version } }
      await persistently(signal, () => here.imports.putAlias(request, { signal }))
      sides.here.aliases++
    })
  }
}

/** The experiments in which a prompt is shown, where it goes. */
export const mapped = (value: string, experiments: ExperimentIds): string => {
  const ids = value.split(',').flatMap((id) => experiments.get(id) ?? [])
  return ids.length === 0 ? '' : `,${ids.join(',')},`
}

async function noting({ tally }: ImportContext, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isAboutOne(error)) throw error
    tally.differs(what, error.why)
  }
}

interface VersionWords {
  readonly what: string
  readonly isPrompt: boolean
}

async function importVersion(context: ImportContext, version: SourceVersion, words: VersionWords): Promise<void> {
  const { here, signal, tally } = context
  const uri = words.isPrompt ? version.source : ((await filesOf(context, version)) ?? version.source)
  const put = (files: ImportVersion['files']) => {
    const request = { params: { model: version.name, version: version.version }, body: bodyOf(version, files) }
    return persistently(signal, () => here.imports.putVersion(request, { signal }))
  }
  const place = words.isPrompt ? { uri } : placeOf(context, uri)
  if (!words.isPrompt && 'uri' in place) tally.liesElsewhere(uri)
  const kept = await put(place).catch((error: unknown) => {
    if (!isNotHere(error)) throw error
    tally.differs(words.what, `its files lie at ${uri}, which was not brought; import its run too`)
    return put({ uri })
  })
  if (kept.lifecycle === 'deleted') tally.note(`${words.what} was deleted here, and stays deleted`)
  else tally.compare(words.what, { tags: version.tags.length }, kept)
}

const filesOf = ({ source }: ImportContext, { name, version }: SourceVersion) => source.filesOfVersion(name, version)

const isNotHere = (error: unknown) =>
  error instanceof ApiError && ['tracking.run_not_found', 'tracking.model_not_found'].includes(error.code)

/** Whose files a URI of the source stands for: every store lays them below the id of the run or of the model. */
export function placeOf({ source }: Pick<ImportContext, 'source'>, uri: string): ImportVersion['files'] {
  const folder = source.folderOf(uri)
  if (folder === undefined) return { uri }
  const [, model, inModel] = /(?:^|\/)models\/(m-\w+)\/artifacts(?:\/(.*))?$/.exec(folder) ?? []
  if (model !== undefined) return { model, path: inModel ?? '' }
  const [, run, inRun] = /(?:^|\/)([0-9a-f]{32})\/artifacts(?:\/(.*))?$/.exec(folder) ?? []
  return run === undefined ? { uri } : { run, path: inRun ?? '' }
}

const bodyOf = (version: SourceVersion, files: ImportVersion['files']): ImportVersion => ({
  source: version.source,
  files,
  runId: version.run_id || null,
  modelId: version.model_id || null,
  runLink: version.run_link || null,
  description: version.description,
  createdBy: version.user_id,
  createdMs: version.creation_timestamp,
  updatedMs: version.last_updated_timestamp,
  stageLabel: version.current_stage,
  tags: [...version.tags],
})
