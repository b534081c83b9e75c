import type { CatalogModel, CatalogVersion, StageMove } from '@evenkeel/contract'
import type { CatalogModelRow } from './model-store.ts'
import type { StageMoveRow } from './stage-store.ts'
import type { CatalogVersionRow } from './version-store.ts'

export const presentCatalogModel = (row: CatalogModelRow, latest: readonly CatalogVersionRow[]): CatalogModel => ({
  name: row.name,
  description: row.description,
  owner: row.owner,
  createdMs: row.created_at.getTime(),
  updatedMs: row.updated_at.getTime(),
  tags: row.tags,
  aliases: row.aliases,
  latest: latest.filter(({ model }) => model === row.name).map(presentCatalogVersion),
})

export const presentCatalogVersion = (row: CatalogVersionRow): CatalogVersion => ({
  model: row.model,
  version: row.version,
  description: row.description,
  source: row.source,
  runId: row.source_run_id,
  modelId: row.source_model_id,
  runLink: row.run_link,
  stageLabel: row.stage_label,
  tags: row.tags,
  aliases: row.aliases,
  createdBy: row.created_by,
  createdMs: row.created_at.getTime(),
  updatedMs: row.updated_at.getTime(),
})

export const presentStageMove = (row: StageMoveRow): StageMove => ({
  version: row.version,
  label: row.label,
  previousLabel: row.previous_label,
  movedBy: row.moved_by,
  movedAt: row.moved_at.toISOString(),
})
