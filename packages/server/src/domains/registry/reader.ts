import {
  type AliasMove,
  type Approval,
  type Model,
  type ModelEndpoint,
  type ModelVersion,
  registryErrors,
  type StageMove,
} from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { aliasStore } from './alias-store.ts'
import { highestPosition, type Page, type PageRequest, pageOf, positionOf } from '../../platform/page.ts'
import { presentStageMove } from './catalog/present.ts'
import { stageStore } from './catalog/stage-store.ts'
import { present, presentAliasMove, presentModel } from './present.ts'
import { type ModelKey, type ModelRow, type ModelsAsked, registryStore, type VersionRow } from './store.ts'

const fail = failures(registryErrors)

export interface ReaderDeps {
  readonly db: Db
  /** Every request for approval of these versions, oldest first. */
  readonly approvals: (projectId: string, model: string, versions: readonly number[]) => Promise<readonly Approval[]>
  /** The endpoints of these models, by name. */
  readonly endpointsOf: (
    projectId: string,
    models: readonly string[],
  ) => Promise<readonly (ModelEndpoint & { readonly model: string })[]>
}

type ModelsQuery = PageRequest & Pick<ModelsAsked, 'owner' | 'text'>

/** The version to beat, and the span of event time that it was trained on. */
export interface Champion {
  readonly version: number
  readonly trainedFrom: string | null
  readonly trainedUntil: string | null
}

export type Reader = ReturnType<typeof createReader>

/** All that is read of the registry. Nothing here changes anything. */
export function createReader({ db, approvals, endpointsOf }: ReaderDeps) {
  async function presentAll({ projectId, model }: ModelKey, rows: readonly VersionRow[]): Promise<ModelVersion[]> {
    const numbers = rows.map(({ version }) => version)
    const decided = await approvals(projectId, model, numbers)
    return rows.map((row) => present(row, decided))
  }

  async function presentModels(projectId: string, rows: readonly ModelRow[]): Promise<Model[]> {
    const names = rows.map(({ name }) => name)
    const serving = Map.groupBy(await endpointsOf(projectId, names), ({ model }) => model)
    return rows.map((row) =>
      presentModel(
        row,
        (serving.get(row.name) ?? []).map(({ name, environment, version }) => ({ name, environment, version })),
      ),
    )
  }

  async function version(projectId: string, model: string, number: number): Promise<ModelVersion> {
    const row = await registryStore(db).findVersion({ projectId, model, version: number })
    if (!row) throw fail('registry.version_not_found', { model, version: number })
    return (await presentAll({ projectId, model }, [row]))[0]!
  }

  async function getModel(projectId: string, model: string): Promise<Model> {
    const row = await registryStore(db).findModel({ projectId, model })
    if (!row) throw fail('registry.model_not_found', { model })
    return (await presentModels(projectId, [row]))[0]!
  }

  return {
    version,
    getModel,

    /** By name. */
    async listModels(projectId: string, { limit, cursor, ...filter }: ModelsQuery): Promise<Page<Model>> {
      const rows = await registryStore(db).listModels({ projectId, ...filter, after: cursor, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ name }) => name)
      return { items: await presentModels(projectId, items), nextCursor }
    },

    /** For other domains: all there are, by name. */
    async everyModel(projectId: string): Promise<Model[]> {
      return presentModels(projectId, await registryStore(db).listModels({ projectId }))
    },

    /** Newest first. */
    async listVersions(projectId: string, model: string, page: PageRequest): Promise<Page<ModelVersion>> {
      await getModel(projectId, model)
      const rows = await registryStore(db).listVersions({ projectId, model }, page.limit + 1, topOf(page))
      const { items, nextCursor } = pageOf(rows, page.limit, (row) => row.version)
      return { items: await presentAll({ projectId, model }, items), nextCursor }
    },

    /** Newest first. */
    async listAliasMoves(projectId: string, model: string, page: PageRequest): Promise<Page<AliasMove>> {
      await getModel(projectId, model)
      const rows = await aliasStore(db).listMoves({ projectId, model }, page.limit + 1, topOf(page))
      const { items, nextCursor } = pageOf(rows, page.limit, (row) => row.position)
      return { items: items.map(presentAliasMove), nextCursor }
    },

    /** Newest first. */
    async listStageMoves(projectId: string, model: string, page: PageRequest): Promise<Page<StageMove>> {
      await getModel(projectId, model)
      const rows = await stageStore(db).listMoves({ projectId, model }, page.limit + 1, topOf(page))
      const { items, nextCursor } = pageOf(rows, page.limit, (row) => row.position)
      return { items: items.map(presentStageMove), nextCursor }
    },

    async champion(projectId: string, model: string): Promise<Champion | null> {
      const alias = await aliasStore(db).find({ projectId, model, alias: 'champion' })
      if (!alias) return null
      const { lineage } = await version(projectId, model, alias.version)
      return { version: alias.version, trainedFrom: lineage.trainedFrom, trainedUntil: lineage.trainedUntil }
    },
  }
}

const topOf = ({ cursor }: PageRequest): number => (cursor === undefined ? highestPosition : positionOf(cursor))
