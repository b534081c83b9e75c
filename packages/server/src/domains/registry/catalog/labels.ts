import { type CatalogVersion, registryErrors, type StageLabel, whyNot } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { aliasStore } from '../alias-store.ts'
import { moveAlias, removeAlias } from '../aliases.ts'
import { type ModelKey, subjectOf, type VersionKey } from '../store.ts'
import type { Changing, VersionChange } from './changing.ts'
import { labelOf, refuse, requireAlias } from './checks.ts'
import { modelStore } from './model-store.ts'
import { presentCatalogVersion } from './present.ts'
import type { Protection } from './protection.ts'
import { stageStore } from './stage-store.ts'
import { versionStore } from './version-store.ts'

const fail = failures(registryErrors)

export interface LabelDeps {
  readonly db: Db
  readonly changing: Changing
  readonly protection: Protection
}

/** Aliases and stage labels: who calls which version what. */
export function createLabels({ db, changing, protection }: LabelDeps) {
  return {
    setAlias: (caller: Caller, model: string, alias: string, version: string): Promise<void> =>
      changing.version(caller, model, version, async ({ tx, key, row, actor, at }) => {
        requireAlias(alias)
        const reason = whyNot('carryAlias', row.stage)
        if (reason) throw refuse('version', reason)
        await protection.requireFreeAlias(key, alias)
        const before = await aliasStore(tx).find({ ...key, alias })
        if (!(await moveAlias(tx, { ...key, alias }, { movedBy: actor, reason: 'Set by hand', movedAt: at }))) return
        const change = { before: { alias, version: before?.version ?? null }, after: { alias, version: key.version } }
        await audit(tx, { ...decision(key, actor), action: 'registry.set_alias', ...change })
      }),

    /** Taking away what is not there is no mistake. */
    deleteAlias: (caller: Caller, model: string, alias: string): Promise<void> =>
      changing.model(caller, model, async ({ tx, key: of, actor, at }) => {
        await protection.requireFreeAlias(of, alias)
        const found = await aliasStore(tx).find({ ...of, alias })
        if (!found) return
        const key = { ...of, version: found.version }
        await removeAlias(tx, { ...key, alias }, { movedBy: actor, reason: 'Taken away by hand', movedAt: at })
        const before = { alias, version: found.version }
        await audit(tx, { ...decision(key, actor), action: 'registry.remove_alias', before })
      }),

    /** `latest` is the newest version, whoever carries what. */
    async byAlias({ projectId }: Caller, model: string, alias: string): Promise<CatalogVersion> {
      const key = { projectId, model }
      if (/^latest$/i.test(alias)) {
        const newest = await versionStore(db).newest(key)
        if (newest) return presentCatalogVersion(newest)
        throw fail(
          'registry.version_not_found',
          { model, version: 0 },
          { why: `Latest version not found for model ${model}.` },
        )
      }
      const found = await aliasStore(db).find({ ...key, alias })
      const row = found && (await versionStore(db).find({ ...key, version: found.version }))
      if (row) return presentCatalogVersion(row)
      throw fail('registry.alias_not_found', { model, alias }, { why: `Registered model alias ${alias} not found.` })
    },

    setStage: (
      caller: Caller,
      model: string,
      version: string,
      { stage, archiveOthers }: { stage: string; archiveOthers: boolean },
    ): Promise<CatalogVersion> =>
      changing.version(caller, model, version, async (change) => {
        const label = labelOf(stage)
        if (archiveOthers && label !== 'Staging' && label !== 'Production') throw notActive(stage)
        const { key, row, tx } = change
        if (label !== row.stage_label && [label, row.stage_label].includes('Production'))
          await protection.requireFreeStage(key)
        await applyStage(change, label, archiveOthers)
        return presentCatalogVersion((await versionStore(tx).find(key)) ?? row)
      }),
  }
}

async function applyStage({ tx, key, row, actor, at }: VersionChange, label: StageLabel, archiveOthers: boolean) {
  await relabel(tx, key, { from: row.stage_label, to: label, by: actor, at })
  if (archiveOthers) await archiveRest(tx, key, label, { by: actor, at })
  await modelStore(tx).change(key, { updated_at: at })
  const change = { before: { stage: row.stage_label }, after: { stage: label } }
  await audit(tx, { ...decision(key, actor), action: 'registry.set_stage', ...change })
}

interface Who {
  readonly by: string
  readonly at: Date
}

/** Gives a version another label, and writes down who did. The model must be locked. */
export async function relabel(
  tx: Db,
  key: VersionKey,
  { from, to, by, at }: Who & { from: StageLabel; to: StageLabel },
) {
  if (from === to) return
  await versionStore(tx).change(key, { stage_label: to, updated_at: at })
  await stageStore(tx).addMove({ ...key, label: to, previousLabel: from, movedBy: by, movedAt: at })
}

/** Archives every other version under the label. The model must be locked. */
export async function archiveRest(tx: Db, key: VersionKey, label: StageLabel, who: Who): Promise<void> {
  for (const version of await versionStore(tx).labelled(key, label)) {
    if (version !== key.version) await relabel(tx, { ...key, version }, { from: label, to: 'Archived', ...who })
  }
}

/** Takes every alias of a version away, because it is deleted. The model must be locked. */
export async function dropAliases(tx: Db, key: VersionKey, aliases: readonly string[], { by, at }: Who): Promise<void> {
  for (const alias of aliases) {
    await removeAlias(tx, { ...key, alias }, { movedBy: by, reason: 'The version was deleted', movedAt: at })
  }
}

const decision = (key: ModelKey & VersionKey, actor: string) => ({
  projectId: key.projectId,
  actor,
  subject: subjectOf(key),
})

const notActive = (stage: string) =>
  refuse(
    'stage',
    `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are Staging, Production.`,
  )
