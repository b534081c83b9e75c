import { importErrors, type ImportVersion, type StageLabel, trackingErrors } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { aliasStore } from '../alias-store.ts'
import { subjectOf, type VersionKey } from '../store.ts'
import { type ChangingDeps, noModel, noVersion } from './changing.ts'
import { type KeyValue, requireAlias, requireModelName, requireTag } from './checks.ts'
import { importStore } from './import-store.ts'
import { relabel } from './labels.ts'
import { modelStore } from './model-store.ts'
import type { Protection } from './protection.ts'
import { refuseEscapes, type SourceNeeds } from './source.ts'
import { type CatalogVersionRow, versionStore } from './version-store.ts'

const fail = failures(importErrors)
const failTracking = failures(trackingErrors)

export interface ImportsDeps extends SourceNeeds, Pick<ChangingDeps, 'db' | 'now'> {
  readonly protection: Protection
}

interface ImportedModel {
  readonly description: string
  readonly createdMs: number
  readonly updatedMs: number
  readonly tags: readonly KeyValue[]
}

/**
 * Models and versions that another server kept. They are history, so nobody is told of them as news; what is deployed
 * stays protected.
 */
export function createImports({ db, now, protection, loggedModel, runFiles }: ImportsDeps) {
  /** Where the files of a version lie here. @throws DomainError for a run or a model that is not here */
  async function placeOf(projectId: string, { files, source }: ImportVersion): Promise<string> {
    refuseEscapes('uri' in files ? files.uri : files.path)
    refuseEscapes(source)
    if ('uri' in files) return files.uri
    const root =
      'run' in files ? await runFiles(projectId, files.run) : (await loggedModel(projectId, files.model)).artifactUri
    if (root === undefined) throw noRun('run' in files ? files.run : files.model)
    return files.path === '' ? root : `${root}/${files.path}`
  }

  return {
    /** @throws DomainError `imports.taken` for a model of that name that began at another time */
    async putModel({ projectId, userName }: Caller, model: string, sent: ImportedModel): Promise<{ tags: number }> {
      requireModelName(model)
      sent.tags.forEach(requireTag)
      const key = { projectId, model }
      return db.transaction().execute(async (tx) => {
        const models = modelStore(tx)
        const { description, createdMs, updatedMs } = sent
        const isNew = await models.add(key, { description, owner: userName, at: new Date(createdMs) })
        const row = (await models.lock(key))!
        if (row.created_at.getTime() !== createdMs) {
          throw taken(model, `A model '${model}' was made here at another time than the one that is imported.`)
        }
        await models.putTags(key, sent.tags)
        await models.change(key, { description, updated_at: new Date(updatedMs) })
        if (isNew) await audit(tx, { projectId, actor: userName, action: 'registry.import_model', subject: model })
        return { tags: Object.keys((await models.find(key))!.tags).length }
      })
    },

    /** One that was deleted here stays deleted. @throws DomainError `imports.taken`, `registry.protected` */
    async putVersion({ projectId, userName }: Caller, { model, version }: Target, sent: ImportVersion) {
      sent.tags.forEach(requireTag)
      const key = { projectId, model, version }
      // Before the model is locked: it asks others.
      const uri = await placeOf(projectId, sent)
      return db.transaction().execute(async (tx) => {
        if (!(await modelStore(tx).lock(key))) throw noModel(model)
        const isDeleted = await addOrRefuse(tx, key, { sent, uri, actor: userName })
        if (isDeleted) return { lifecycle: 'deleted' as const, tags: 0, stageLabel: 'None' as const }
        const versions = versionStore(tx)
        await versions.putTags(key, sent.tags)
        const row = (await versions.find(key))!
        await bringStage(tx, key, { row, to: sent.stageLabel, by: userName })
        const { description, updatedMs } = sent
        await versions.change(key, { description, updated_at: new Date(updatedMs) })
        const tags = Object.keys((await versions.find(key))!.tags).length
        return { lifecycle: 'active' as const, tags, stageLabel: sent.stageLabel }
      })
    },

    async putAlias({ projectId, userName }: Caller, { model, version, alias }: Target & { readonly alias: string }) {
      requireAlias(alias)
      const key = { projectId, model, version }
      await db.transaction().execute(async (tx) => {
        if (!(await modelStore(tx).lock(key))) throw noModel(model)
        if (!(await versionStore(tx).find(key))) throw noVersion(key)
        const aliases = aliasStore(tx)
        const before = await aliases.find({ ...key, alias })
        if (before?.version === version) return
        await protection.requireFreeAlias(key, alias)
        const at = now()
        await aliases.put({ ...key, alias }, version, at)
        const move = { movedBy: userName, reason: 'Imported', movedAt: at, previousVersion: before?.version ?? null }
        await aliases.addMove({ ...key, alias, ...move })
        const change = { before: { alias, version: before?.version ?? null }, after: { alias, version } }
        await audit(tx, {
          projectId,
          actor: userName,
          action: 'registry.import_alias',
          subject: subjectOf(key),
          ...change,
        })
      })
    },
  }

  async function bringStage(
    tx: Db,
    key: VersionKey,
    { row, to, by }: { readonly row: CatalogVersionRow; readonly to: StageLabel; readonly by: string },
  ): Promise<void> {
    if (row.stage_label === to) return
    if ([row.stage_label, to].includes('Production')) await protection.requireFreeStage(key)
    await relabel(tx, key, { from: row.stage_label, to, by, at: now() })
  }
}

interface Target {
  readonly model: string
  readonly version: number
}

/** @returns whether the version was deleted here */
async function addOrRefuse(
  tx: Db,
  key: VersionKey,
  { sent, uri, actor }: { readonly sent: ImportVersion; readonly uri: string; readonly actor: string },
): Promise<boolean> {
  const store = importStore(tx)
  // Its own address is of no use to anyone who reads here.
  const source = /^mlflow-artifacts:/i.test(sent.source) ? uri : sent.source
  const found = await store.findVersion(key)
  if (!found) {
    const { runId, modelId, runLink, description, createdBy, createdMs } = sent
    const origin = { source, sourceUri: uri, runId, modelId, runLink }
    await versionStore(tx).add({ ...key, ...origin, description, createdBy, at: new Date(createdMs) })
    const after = { source, run: runId }
    await audit(tx, {
      projectId: key.projectId,
      actor,
      action: 'registry.import_version',
      subject: subjectOf(key),
      after,
    })
    return false
  }
  const isSame = found.created_at.getTime() === sent.createdMs && found.source_run_id === sent.runId
  if (!isSame) throw taken(subjectOf(key), `A version ${key.version} of '${key.model}' was made here.`)
  await store.moveVersion(key, { source, sourceUri: uri })
  return found.deleted_at !== null
}

const taken = (what: string, why: string) => fail('imports.taken', { what }, { why })

const noRun = (run: string) => failTracking('tracking.run_not_found', { run }, { why: `Run with id=${run} not found` })
