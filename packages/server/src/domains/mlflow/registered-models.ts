import type { CatalogModel, CatalogSearch, CatalogVersion } from '@evenkeel/contract'
import type { MlflowRegisteredModel, mlflowRegisteredModels } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import type { Page } from '../../platform/page.ts'
import type { RpcHandlers } from './face.ts'
import { presentVersion, searchOf } from './model-versions.ts'
import { done, pairsOf } from './values.ts'

interface KeyValue {
  readonly key: string
  readonly value: string
}

/** What the face needs of those who keep models. */
export interface RegisteredModelsNeeds {
  create(caller: Caller, model: { name: string; description: string; tags: readonly KeyValue[] }): Promise<CatalogModel>
  get(caller: Caller, model: string): Promise<CatalogModel>
  rename(caller: Caller, model: string, to: string): Promise<CatalogModel>
  describe(caller: Caller, model: string, description: string): Promise<CatalogModel>
  delete(caller: Caller, model: string): Promise<void>
  latest(caller: Caller, model: string, stages: readonly string[]): Promise<readonly CatalogVersion[]>
  search(caller: Caller, search: CatalogSearch): Promise<Page<CatalogModel>>
  setTag(caller: Caller, model: string, tag: KeyValue): Promise<void>
  deleteTag(caller: Caller, model: string, key: string): Promise<void>
  setAlias(caller: Caller, model: string, alias: string, version: string): Promise<void>
  deleteAlias(caller: Caller, model: string, alias: string): Promise<void>
  byAlias(caller: Caller, model: string, alias: string): Promise<CatalogVersion>
}

export function registeredModelHandlers(models: RegisteredModelsNeeds): RpcHandlers<typeof mlflowRegisteredModels> {
  return {
    createRegisteredModel: async (model, caller) => ({ registered_model: present(await models.create(caller, model)) }),
    getRegisteredModel: async ({ name }, caller) => ({ registered_model: present(await models.get(caller, name)) }),
    renameRegisteredModel: async ({ name, new_name }, caller) => ({
      registered_model: present(await models.rename(caller, name, new_name)),
    }),
    updateRegisteredModel: async ({ name, description }, caller) => ({
      registered_model: present(await models.describe(caller, name, description)),
    }),
    deleteRegisteredModel: ({ name }, caller) => done(models.delete(caller, name)),
    getLatestVersions: async ({ name, stages }, caller) => ({
      model_versions: (await models.latest(caller, name, stages)).map(presentVersion),
    }),
    searchRegisteredModels: async (sent, caller) => {
      const { items, nextCursor } = await models.search(caller, searchOf(sent, 1000))
      return { registered_models: items.map(present), ...(nextCursor !== null && { next_page_token: nextCursor }) }
    },
    setRegisteredModelTag: ({ name, ...tag }, caller) => done(models.setTag(caller, name, tag)),
    deleteRegisteredModelTag: ({ name, key }, caller) => done(models.deleteTag(caller, name, key)),
    setRegisteredModelAlias: ({ name, alias, version }, caller) => done(models.setAlias(caller, name, alias, version)),
    deleteRegisteredModelAlias: ({ name, alias }, caller) => done(models.deleteAlias(caller, name, alias)),
    getModelVersionByAlias: async ({ name, alias }, caller) => ({
      model_version: presentVersion(await models.byAlias(caller, name, alias)),
    }),
  }
}

const present = (model: CatalogModel): MlflowRegisteredModel => ({
  name: model.name,
  creation_timestamp: model.createdMs,
  last_updated_timestamp: model.updatedMs,
  user_id: model.owner,
  ...(model.description && { description: model.description }),
  latest_versions: model.latest.map(presentVersion),
  tags: pairsOf(model.tags),
  aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version: String(version) })),
})
