import type { CatalogSearch, CatalogVersion } from '@evenkeel/contract'
import type { MlflowModelVersion, mlflowModelVersions } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import type { Page } from '../../platform/page.ts'
import type { RpcHandlers } from './face.ts'
import { done, pairsOf } from './values.ts'

interface KeyValue {
  readonly key: string
  readonly value: string
}

interface NewVersion {
  readonly model: string
  readonly source: string
  readonly runId?: string | undefined
  readonly modelId?: string | undefined
  readonly runLink?: string | undefined
  readonly description?: string | undefined
  readonly tags: readonly KeyValue[]
}

/** What the face needs of those who keep versions of models; `version` is a number as text. */
export interface ModelVersionsNeeds {
  create(caller: Caller, version: NewVersion): Promise<CatalogVersion>
  get(caller: Caller, model: string, version: string): Promise<CatalogVersion>
  filesOf(caller: Caller, model: string, version: string): Promise<string>
  describe(caller: Caller, model: string, version: string, description: string): Promise<CatalogVersion>
  delete(caller: Caller, model: string, version: string): Promise<void>
  search(caller: Caller, search: CatalogSearch): Promise<Page<CatalogVersion>>
  setTag(caller: Caller, model: string, version: string, tag: KeyValue): Promise<void>
  deleteTag(caller: Caller, model: string, version: string, key: string): Promise<void>
  setStage(
    caller: Caller,
    model: string,
    version: string,
    change: { stage: string; archiveOthers: boolean },
  ): Promise<CatalogVersion>
}

export function modelVersionHandlers(versions: ModelVersionsNeeds): RpcHandlers<typeof mlflowModelVersions> {
  return {
    createModelVersion: async ({ name, run_id, model_id, run_link, ...sent }, caller) => {
      const version = { ...sent, model: name, runId: run_id, modelId: model_id, runLink: run_link }
      return { model_version: presentVersion(await versions.create(caller, version)) }
    },
    getModelVersion: async ({ name, version }, caller) => ({
      model_version: presentVersion(await versions.get(caller, name, version)),
    }),
    getModelVersionDownloadUri: async ({ name, version }, caller) => ({
      artifact_uri: await versions.filesOf(caller, name, version),
    }),
    updateModelVersion: async ({ name, version, description }, caller) => ({
      model_version: presentVersion(await versions.describe(caller, name, version, description)),
    }),
    deleteModelVersion: ({ name, version }, caller) => done(versions.delete(caller, name, version)),
    transitionModelVersionStage: async ({ name, version, stage, archive_existing_versions }, caller) => {
      const change = { stage, archiveOthers: archive_existing_versions }
      return { model_version: presentVersion(await versions.setStage(caller, name, version, change)) }
    },
    searchModelVersions: async (sent, caller) => {
      const { items, nextCursor } = await versions.search(caller, searchOf(sent, 200_000))
      return { model_versions: items.map(presentVersion), ...(nextCursor !== null && { next_page_token: nextCursor }) }
    },
    setModelVersionTag: ({ name, version, ...tag }, caller) => done(versions.setTag(caller, name, version, tag)),
    deleteModelVersionTag: ({ name, version, key }, caller) => done(versions.deleteTag(caller, name, version, key)),
  }
}

interface SentSearch {
  readonly filter: string
  readonly order_by: readonly string[]
  readonly max_results: number | bigint
  readonly page_token?: string | undefined
}

/** @throws DomainError `http.invalid_request` for a page of more than `most`, or of nothing */
export function searchOf({ filter, order_by, max_results, page_token }: SentSearch, most: number): CatalogSearch {
  const limit = Number(max_results)
  if (limit >= 1 && limit <= most) return { filter, orderBy: order_by, limit, cursor: page_token || undefined }
  const message = `It must be at least 1 and at most ${most}, but got value ${max_results}`
  const why = `Invalid value for request parameter max_results. ${message}`
  throw failPlatform('http.invalid_request', { issues: [{ path: 'max_results', message }] }, { why })
}

export const presentVersion = (version: CatalogVersion): MlflowModelVersion => ({
  name: version.model,
  version: String(version.version),
  creation_timestamp: version.createdMs,
  last_updated_timestamp: version.updatedMs,
  user_id: version.createdBy,
  current_stage: version.stageLabel,
  description: version.description,
  ...(version.source !== null && { source: version.source }),
  run_id: version.runId ?? '',
  run_link: version.runLink ?? '',
  ...(version.modelId !== null && { model_id: version.modelId }),
  status: 'READY',
  tags: pairsOf(version.tags),
  aliases: [...version.aliases],
})
