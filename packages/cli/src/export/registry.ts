import { SourceRefusal } from '../import/source/http.ts'
import type { SourceModel, SourceVersion } from '../import/source/index.ts'
import {
  isPrompt,
  mapped,
  modelsOf,
  noRegistryCounts,
  promptExperimentsTag,
  type RegistrySides,
  versionsOf,
} from '../import/registry.ts'
import type { ExportContext } from './context.ts'
import { marks, missingTags, type Tag, valueOf, withoutMarks } from './marks.ts'
import { exportVersions } from './versions.ts'

/** Brings registered models, prompts, their versions and aliases over there up to what they are here, and counts both sides. */
export async function exportRegistry(context: ExportContext): Promise<RegistrySides> {
  const sides = { there: noRegistryCounts(), here: noRegistryCounts() }
  const copies: SourceModel[] = []
  for await (const model of modelsOf(context)) {
    const versions = await versionsOf(context, model)
    if (versions.some(isCopy)) copies.push(model)
    else await exportModel(context, { model, versions }, sides)
  }
  // What is made of versions of other models comes after these.
  for (const model of copies) await exportModel(context, { model, versions: await versionsOf(context, model) }, sides)
  return sides
}

const isCopy = ({ source }: SourceVersion) => /^models:\/+[^/]+\/\d+$/.test(source)

export interface ModelWithVersions {
  readonly model: SourceModel
  readonly versions: readonly SourceVersion[]
}

async function exportModel(context: ExportContext, whole: ModelWithVersions, sides: RegistrySides): Promise<void> {
  const { model, versions } = whole
  const what = `model ${model.name}`
  sides.here.models++
  sides.here.versions += versions.length
  sides.here.aliases += model.aliases.length
  try {
    const there = await putModel(context, model, what)
    if (!there) return
    await exportVersions(context, whole)
    await putAliases(context, model, there)
    await countThere(context, whole, sides)
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error
    context.tally.differs(what, `the target answered ${error.status}: ${error.message}`)
  }
}

/** @returns undefined when one of that name was made there, which is noted and left */
async function putModel(context: ExportContext, model: SourceModel, what: string): Promise<SourceModel | undefined> {
  const { target, tally } = context
  const { registry } = target
  const { name, description } = model
  const [tags, there] = [tagsOf(context, model), await registry.getModel(name)]
  if (!there) return registry.createModel({ name, description, tags })
  if (valueOf(there.tags, marks.model) === undefined) {
    const why = 'one of that name was made there, and was left as it is; rename one of the two'
    tally.differs(what, why)
    return undefined
  }
  for (const tag of missingTags(tags, there.tags)) await registry.setModelTag(name, tag)
  if (there.description !== description) await registry.describeModel(name, description)
  return there
}

function tagsOf({ known }: ExportContext, { name, tags, creation_timestamp: createdMs }: SourceModel): readonly Tag[] {
  return [
    ...withoutMarks(tags).map(({ key, value }) => ({
      key,
      value: key === promptExperimentsTag ? mapped(value, known.experiments) : value,
    })),
    { key: marks.model, value: name },
    { key: marks.createdAt, value: valueOf(tags, marks.createdAt) ?? new Date(createdMs).toISOString() },
  ]
}

async function putAliases({ target, tally }: ExportContext, { name, aliases }: SourceModel, there: SourceModel) {
  const known = new Map(there.aliases.map(({ alias, version }) => [alias, version]))
  for (const { alias, version } of aliases) {
    if (known.get(alias) !== version) await target.registry.setAlias(name, alias, version)
    known.delete(alias)
  }
  for (const alias of known.keys()) tally.note(`model ${name} has an alias ${alias} there and not here; it was left`)
}

async function countThere({ target }: ExportContext, { model, versions }: ModelWithVersions, { there }: RegistrySides) {
  const [now, found] = [
    await target.registry.getModel(model.name),
    await Array.fromAsync(target.versions(model.name, isPrompt(model))),
  ]
  if (!now) return
  there.models++
  const numbers = new Set(found.map(({ version }) => version))
  there.versions += versions.filter(({ version }) => numbers.has(version)).length
  const aliases = new Map(now.aliases.map(({ alias, version }) => [alias, version]))
  there.aliases += model.aliases.filter(({ alias, version }) => aliases.get(alias) === version).length
}
