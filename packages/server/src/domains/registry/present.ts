import { type AliasMove, type Approval, type Model, ModelVersion } from '@evenkeel/contract'
import { withDecisions } from './card.ts'
import type { AliasMoveRow } from './alias-store.ts'
import type { ModelRow, VersionRow } from './store.ts'

export const presentModel = (row: ModelRow, endpoints: Model['endpoints']): Model => ({
  name: row.name,
  description: row.description,
  owner: row.owner,
  owners: row.owners,
  versionCount: row.versionCount,
  latestVersion: row.latestVersion,
  latestStage: row.latestStage,
  champion: row.champion,
  challenger: row.challenger,
  endpoints,
  createdAt: row.created_at.toISOString(),
  changedAt: row.changedAt.toISOString(),
})

/** A version with its card; `approvals` are those of any version of the model. */
export function present(row: VersionRow, approvals: readonly Approval[] = []): ModelVersion {
  const version = ModelVersion.parse({
    model: row.model,
    version: row.version,
    stage: row.stage,
    aliases: row.aliases,
    artifact: row.artifact_digest && {
      digest: row.artifact_digest,
      sizeBytes: row.artifact_size_bytes,
      format: 'onnx',
    },
    golden: row.golden,
    signature: row.signature,
    metrics: row.metrics,
    params: row.params,
    evaluation: row.evaluation,
    gate: row.gate,
    canary: row.canary,
    baselines: row.baselines,
    lineage: row.lineage,
    // What came without a card is read with its description, which is Markdown too.
    card: row.card || row.description,
    origin: row.source && {
      source: row.source,
      uri: row.source_uri,
      runId: row.source_run_id,
      modelId: row.source_model_id,
    },
    stageLabel: row.stage_label,
    tags: row.tags,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  })
  const own = approvals.filter((approval) => approval.version === row.version)
  return { ...version, card: withDecisions(version.card, { ...version, approvals: own }) }
}

export const presentAliasMove = (row: AliasMoveRow): AliasMove => ({
  alias: row.alias,
  version: row.version,
  previousVersion: row.previous_version,
  movedBy: row.moved_by,
  reason: row.reason,
  movedAt: row.moved_at.toISOString(),
})
