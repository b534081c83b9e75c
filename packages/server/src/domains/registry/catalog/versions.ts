import { type CatalogVersion, registryErrors, registryEvents } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import { publishChange } from '../changes.ts'
import type { FolderNeeds } from '../folders/needs.ts'
import { registryStore, subjectOf, type VersionKey } from '../store.ts'
import { type Changing, type ChangingDeps, isPrompt, type ModelChange, noVersion } from './changing.ts'
import { type KeyValue, refuse, requireTag, versionOf } from './checks.ts'
import { dropAliases } from './labels.ts'
import { modelStore } from './model-store.ts'
import { presentCatalogVersion } from './present.ts'
import type { Protection } from './protection.ts'
import { requirePromptSource, resolveSource, type SourceNeeds } from './source.ts'
import { type CatalogVersionRow, versionStore } from './version-store.ts'

const fail = failures(registryErrors)

export interface VersionsDeps extends ChangingDeps, SourceNeeds, Pick<FolderNeeds, 'dropFolder'> {
  readonly changing: Changing
  readonly protection: Protection
  /** Tells a logged model that it became a version. */
  readonly noteRegistration: (tx: Db, projectId: string, modelId: string, of: Registration) => Promise<void>
}

export interface Registration {
  readonly model: string
  readonly version: number
}

export interface NewVersion {
  readonly model: string
  readonly source: string
  readonly runId?: string | undefined
  readonly modelId?: string | undefined
  readonly runLink?: string | undefined
  readonly description?: string | undefined
  readonly tags: readonly KeyValue[]
}

/** Versions that clients of MLflow register, and what they say about any version. */
export function createVersions(deps: VersionsDeps) {
  const { db, changing, protection } = deps

  async function find({ projectId }: Caller, model: string, version: string): Promise<CatalogVersionRow> {
    const key = { projectId, model, version: versionOf(version) }
    const row = await versionStore(db).find(key)
    if (!row) throw noVersion(key)
    return row
  }

  const filesOf = (caller: Caller) => async (model: string, version: string) =>
    uriOf(await find(caller, model, version))

  async function placeOf(caller: Caller, { source, tags, ...sent }: NewVersion) {
    const runId = sent.runId || null
    const modelId = sent.modelId || null
    if (tags.some(({ key, value }) => isPrompt({ tags: { [key]: value } }))) {
      requirePromptSource(source)
      return { uri: source, runId, modelId }
    }
    const needs = { ...deps, filesOf: filesOf(caller) }
    return resolveSource(needs, { projectId: caller.projectId, source, runId, modelId })
  }

  return {
    get: async (caller: Caller, model: string, version: string): Promise<CatalogVersion> =>
      presentCatalogVersion(await find(caller, model, version)),

    /** Where its files lie. @throws DomainError `registry.no_files` for an ONNX file that a step registered */
    filesOf: (caller: Caller, model: string, version: string): Promise<string> => filesOf(caller)(model, version),

    async create(caller: Caller, sent: NewVersion): Promise<CatalogVersion> {
      sent.tags.forEach(requireTag)
      const { model, source, runLink, description = '', tags } = sent
      // Before the model is locked: it asks others.
      const place = await placeOf(caller, sent)
      return changing.model(caller, model, async (change) => {
        const { tx, actor, at } = change
        const key = { ...change.key, version: (await registryStore(tx).lastNumber(change.key)) + 1 }
        const origin = { source, sourceUri: place.uri, runId: place.runId, modelId: place.modelId }
        const row = { ...key, ...origin, runLink: runLink || null, description, createdBy: actor, at }
        await versionStore(tx).add(row)
        await versionStore(tx).putTags(key, tags)
        await modelStore(tx).change(key, { updated_at: at })
        const added = (await versionStore(tx).find(key))!
        if (place.modelId !== null) await deps.noteRegistration(tx, key.projectId, place.modelId, key)
        await announce(change, key, added)
        return presentCatalogVersion(added)
      })
    },

    describe: (caller: Caller, model: string, version: string, description: string): Promise<CatalogVersion> =>
      changing.version(caller, model, version, async ({ tx, key, row, at }) => {
        await versionStore(tx).change(key, { description, updated_at: at })
        await modelStore(tx).change(key, { updated_at: at })
        return presentCatalogVersion({ ...row, description, updated_at: at })
      }),

    /** It is not there any more, and its number is not given again. */
    delete: (caller: Caller, model: string, version: string): Promise<void> =>
      changing.version(caller, model, version, async ({ tx, key, row, actor, at }) => {
        await protection.requireNeverDeployed(key, key.version)
        for (const uri of await versionStore(tx).folders(key, key.version))
          await deps.dropFolder(tx, key.projectId, uri)
        await dropAliases(tx, key, row.aliases, { by: actor, at })
        await versionStore(tx).change(key, { deleted_at: at, updated_at: at })
        await modelStore(tx).change(key, { updated_at: at })
        const record = { projectId: key.projectId, actor, action: 'registry.delete_version', subject: subjectOf(key) }
        await audit(tx, {
          ...record,
          before: { source: row.source, digest: row.artifact_digest, aliases: row.aliases },
        })
      }),

    setTag: (caller: Caller, model: string, version: string, tag: KeyValue): Promise<void> =>
      changing.version(caller, model, version, async ({ tx, key }) => {
        requireTag(tag)
        await versionStore(tx).putTags(key, [tag])
        await publishChange(tx, key, 'tag_set', tag)
      }),

    deleteTag: (caller: Caller, model: string, version: string, tag: string): Promise<void> =>
      changing.version(caller, model, version, async ({ tx, key }) => {
        await versionStore(tx).deleteTag(key, tag)
        await publishChange(tx, key, 'tag_deleted', { key: tag })
      }),
  }
}

/** A prompt is no news to those who train or deploy. */
async function announce({ tx, row, actor }: ModelChange, key: VersionKey, added: CatalogVersionRow): Promise<void> {
  if (isPrompt(row) || isPrompt(added)) return publishChange(tx, key, 'prompt_version_created')
  const subject = subjectOf(key)
  await publish(tx, registryEvents, 'registry.version_registered', { ...key, subject })
  const after = { source: added.source, run: added.source_run_id, stage: added.stage }
  await audit(tx, { projectId: key.projectId, actor, action: 'registry.register', subject, after })
}

function uriOf({ model, version, source_uri: uri, artifact_digest: digest }: CatalogVersionRow): string {
  if (uri !== null) return uri
  if (digest === null) throw refuse('version', `Version ${version} of '${model}' has neither files nor an artifact.`)
  const why = `Version ${version} of '${model}' is the ONNX file ${digest}, registered without MLflow. Download it with GET /api/v1/artifacts/${digest}.`
  throw fail('registry.no_files', { model, version, digest }, { why })
}
