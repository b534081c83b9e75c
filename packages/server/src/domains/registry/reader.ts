import {
  type AliasMove,
  type Approval,
  type Model,
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
import { type ModelKey, registryStore, type VersionRow } from './store.ts'

const fail = failures(registryErrors)

export interface ReaderDeps {
  readonly db: Db
  /** Every request for approval of these versions, oldest first. */
  readonly approvals: (projectId: string, model: string, versions: readonly number[]) => Promise<readonly Approval[]>
}

/** The version to beat, and the span of event time that it was trained on. */
export interface Champion {
  readonly version: number
  readonly trainedFrom: string | null
  readonly trainedUntil: string | null
}

export type Reader = ReturnType<typeof createReader>

/** All that is read of the registry. Nothing here changes anything. */
export function createReader({ db, approvals }: ReaderDeps) {
  async function presentAll({ projectId, model }: ModelKey, rows: readonly VersionRow[]): Promise<ModelVersion[]> {
    const numbers = rows.map(({ version }) => version)
    const decided = await approvals(projectId, model, numbers)
    return rows.map((row) => present(row, decided))
  }

  async function version(projectId: string, model: string, number: number): Promise<ModelVersion> {
    const row = await registryStore(db).findVersion({ projectId, model, version: number })
    if (!row) throw fail('registry.version_not_found', { model, version: number })
    return (await presentAll({ projectId, model }, [row]))[0]!
  }

  async function getModel(projectId: string, model: string): Promise<Model> {
    const row = await registryStore(db).findModel({ projectId, model })
    if (!row) throw fail('registry.model_not_found', { model })
    return presentModel(row)
  }

  return {
    version,
    getModel,

    /** By name. @param owner - only those of `ana`, `user:ana` or `team:risk` */
    async listModels(projectId: string, owner?: string): Promise<Model[]> {
      return (await registryStore(db).listModels(projectId, owner)).map(presentModel)
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
