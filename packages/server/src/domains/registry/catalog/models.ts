import { type CatalogModel, type CatalogVersion, registryErrors } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { aliasStore } from '../alias-store.ts'
import { publishChange } from '../changes.ts'
import type { FolderNeeds } from '../folders/needs.ts'
import { requireWholeRun } from '../register.ts'
import type { ModelKey } from '../store.ts'
import { type Changing, type ChangingDeps, type ModelChange, noModel } from './changing.ts'
import { type KeyValue, labelOf, requireModelName, requireTag } from './checks.ts'
import { dropAliases } from './labels.ts'
import { modelStore } from './model-store.ts'
import { presentCatalogModel, presentCatalogVersion } from './present.ts'
import type { Protection } from './protection.ts'
import { stageStore } from './stage-store.ts'
import { versionStore } from './version-store.ts'

const fail = failures(registryErrors)

export interface ModelsDeps extends ChangingDeps, Pick<FolderNeeds, 'dropFolder'> {
  readonly changing: Changing
  readonly protection: Protection
  /** Takes what other domains keep by the name of a model to its new name. */
  readonly renameElsewhere: (tx: Db, projectId: string, from: string, to: string) => Promise<void>
}

interface NewModel {
  readonly name: string
  readonly description: string
  readonly tags: readonly KeyValue[]
}

/** Models, prompts among them. */
export function createModels(deps: ModelsDeps) {
  const { db, now, changing, protection } = deps

  async function read(of: Db, key: ModelKey): Promise<CatalogModel> {
    const row = await modelStore(of).find(key)
    if (!row) throw noModel(key.model)
    return presentCatalogModel(row, await versionStore(of).latest(key.projectId, [key.model]))
  }

  return {
    get: ({ projectId }: Caller, model: string): Promise<CatalogModel> => read(db, { projectId, model }),

    /** @throws DomainError `registry.name_taken` */
    async create(caller: Caller, { name, description, tags }: NewModel): Promise<CatalogModel> {
      requireModelName(name)
      tags.forEach(requireTag)
      await requireWholeRun(deps, caller)
      const { projectId, userName } = caller
      const key = { projectId, model: name }
      return db.transaction().execute(async (tx) => {
        const isNew = await modelStore(tx).add(key, { description, owner: userName, at: now() })
        if (!isNew) throw taken(name)
        await modelStore(tx).putTags(key, tags)
        await publishChange(tx, key, 'model_created')
        await audit(tx, { projectId, actor: userName, action: 'registry.create_model', subject: name })
        return read(tx, key)
      })
    },

    rename: (caller: Caller, model: string, to: string): Promise<CatalogModel> =>
      changing.model(caller, model, async (change) => {
        requireModelName(to)
        const key = { ...change.key, model: to }
        if (to !== model) {
          await protection.requireUnused(change.key, 'renamed')
          if (await modelStore(change.tx).find(key)) throw taken(to)
          await rename(change, to)
        }
        return read(change.tx, key)
      }),

    describe: (caller: Caller, model: string, description: string): Promise<CatalogModel> =>
      changing.model(caller, model, async ({ tx, key, at }) => {
        await modelStore(tx).change(key, { description, updated_at: at })
        return read(tx, key)
      }),

    delete: (caller: Caller, model: string): Promise<void> =>
      changing.model(caller, model, async ({ tx, key, row, actor, at }) => {
        await protection.requireUnused(key, 'deleted')
        for (const [alias, version] of Object.entries(row.aliases)) {
          await dropAliases(tx, { ...key, version }, [alias], { by: actor, at })
        }
        for (const uri of await versionStore(tx).folders(key)) await deps.dropFolder(tx, key.projectId, uri)
        await modelStore(tx).delete(key)
        const record = { projectId: key.projectId, actor, action: 'registry.delete_model', subject: model }
        await audit(tx, { ...record, before: { description: row.description, tags: row.tags, aliases: row.aliases } })
      }),

    setTag: (caller: Caller, model: string, tag: KeyValue): Promise<void> =>
      changing.model(caller, model, async ({ tx, key }) => {
        requireTag(tag)
        await modelStore(tx).putTags(key, [tag])
        await publishChange(tx, key, 'tag_set', tag)
      }),

    deleteTag: (caller: Caller, model: string, tag: string): Promise<void> =>
      changing.model(caller, model, async ({ tx, key }) => {
        await modelStore(tx).deleteTag(key, tag)
        await publishChange(tx, key, 'tag_deleted', { key: tag })
      }),

    /** The newest version under each of the stages; under every one when none is named. */
    async latest(caller: Caller, model: string, stages: readonly string[]): Promise<readonly CatalogVersion[]> {
      const key = { projectId: caller.projectId, model }
      if (!(await modelStore(db).find(key))) throw noModel(model)
      const wanted: readonly string[] = stages.map(labelOf)
      const rows = await versionStore(db).latest(key.projectId, [model])
      return rows
        .filter(({ stage_label: label }) => wanted.length === 0 || wanted.includes(label))
        .map(presentCatalogVersion)
    },
  }

  async function rename({ tx, key, actor, at }: ModelChange, to: string): Promise<void> {
    await modelStore(tx).change(key, { name: to, updated_at: at })
    await aliasStore(tx).rename(key, to)
    await stageStore(tx).rename(key, to)
    await deps.renameElsewhere(tx, key.projectId, key.model, to)
    const change = { before: { name: key.model }, after: { name: to } }
    await audit(tx, { projectId: key.projectId, actor, action: 'registry.rename_model', subject: to, ...change })
  }
}

const taken = (model: string) =>
  fail('registry.name_taken', { model }, { why: `Registered Model (name=${model}) already exists.` })
