import {
  type ModelVersion,
  type NewFolderVersion,
  type NewModelVersion,
  registryErrors,
  registryEvents,
  whyNot,
} from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { aliasStore } from './alias-store.ts'
import { moveAlias } from './aliases.ts'
import { readArtifact } from './artifact.ts'
import { createConversion } from './convert/convert.ts'
import { download } from './download/download.ts'
import { type CatalogDeps, createCatalog } from './catalog/catalog.ts'
import { createProtection } from './catalog/protection.ts'
import { type FollowDeps, followRollouts } from './follow-rollouts.ts'
import { createFolders } from './folders/folders.ts'
import type { FolderNeeds } from './folders/needs.ts'
import { present } from './present.ts'
import { createCards } from './cards/cards.ts'
import { createChanging } from './catalog/changing.ts'
import { createComments } from './people/comments.ts'
import { createHistory, type HistoryNeeds } from './people/history.ts'
import { createOwners, type OwnersNeeds } from './people/owners.ts'
import { createReader, type ReaderDeps } from './reader.ts'
import { register, type RegisterDeps, requireOwnRun, requireWholeRun } from './register.ts'
import { snippetsOf, type SnippetNeeds } from './snippets/snippets.ts'
import { registryStore, subjectOf, type VersionKey } from './store.ts'

const fail = failures(registryErrors)

/** What the registry needs from the rest of the platform. `app.ts` hands it over. */
export interface RegistryDeps
  extends ReaderDeps, RegisterDeps, FollowDeps, CatalogDeps, SnippetNeeds, HistoryNeeds, OwnersNeeds, FolderNeeds {
  readonly blobs: BlobStore
}

export type Registry = ReturnType<typeof createRegistry>

interface Target {
  readonly model: string
  readonly version: number
}

export function createRegistry(deps: RegistryDeps) {
  const { db, blobs, now } = deps
  const reader = createReader(deps)
  const protection = createProtection(deps)
  const parts = { ...deps, reader, changing: createChanging(deps) }
  const registerFolder = createFolders(deps)

  /** A step that makes a version again gets that one, and nothing is registered. */
  const reproduced = async ({ kind, scope, projectId }: Caller, model: string, digest: string) =>
    kind === 'step' && scope !== null ? deps.noteReproduced(projectId, scope, { model, digest }) : null

  return {
    ...reader,
    catalog: createCatalog(deps),
    subscriptions: followRollouts(deps),
    convert: createConversion(deps),
    cards: createCards(parts),
    comments: createComments(deps),
    history: createHistory(parts),
    ...createOwners(parts),

    /** @throws DomainError `registry.version_not_found`, `registry.nothing_to_download` */
    download: async (projectId: string, { model, version }: Target) =>
      download(deps, projectId, await reader.version(projectId, model, version)),

    /** @throws DomainError `registry.version_not_found` */
    snippets: async (projectId: string, { model, version }: Target) =>
      snippetsOf(deps, projectId, await reader.version(projectId, model, version)),

    /** Reads the signature, decides the gate and writes the version; once per content and run. */
    async register(caller: Caller, model: string, content: NewModelVersion): Promise<ModelVersion> {
      requireOwnRun(caller, content.lineage.runId)
      const again = await reproduced(caller, model, content.artifact.digest)
      if (again !== null) return reader.version(caller.projectId, model, again)
      await requireWholeRun(deps, caller, content.lineage.runId)
      const signature = await readArtifact(blobs, content)
      const version = await db.transaction().execute((tx) => register(tx, deps, caller, { model, content, signature }))
      return reader.version(caller.projectId, model, version)
    },

    /** @throws DomainError `registry.bad_folder`, `artifacts.bad_path`, `artifacts.path_clash` */
    registerFolder: async (caller: Caller, model: string, sent: NewFolderVersion): Promise<ModelVersion> =>
      reader.version(caller.projectId, model, await registerFolder(caller, model, sent)),

    /** Lets a version pass that its gate refused; the verdict of the gate stays as it was. */
    async overrideGate(caller: Caller, { model, version }: Target, reason: string): Promise<ModelVersion> {
      await requireWholeRun(deps, caller)
      const { projectId, userName: actor } = caller
      const key = { projectId, model, version }
      const subject = subjectOf(key)
      await db.transaction().execute(async (tx) => {
        const { stage, gate } = await lockFor(tx, 'overrideGate', key)
        if (!gate) throw new Error(`${subject} was refused without a verdict.`)

        const override = { by: actor, reason, at: now().toISOString() }
        await registryStore(tx).setGate(key, 'passed', { ...gate, override })
        await publish(tx, registryEvents, 'registry.gate_decided', { ...key, subject, passed: true })
        const change = { before: { stage, gate: gate.says }, after: { stage: 'passed' } }
        await audit(tx, { projectId, actor, action: 'registry.override_gate', subject, reason, ...change })
      })
      return reader.version(projectId, model, version)
    },

    async setAlias(caller: Caller, { model, version, alias }: Target & { alias: string }): Promise<ModelVersion> {
      await requireWholeRun(deps, caller)
      const { projectId, userName: actor } = caller
      const key = { projectId, model, version, alias }
      await db.transaction().execute(async (tx) => {
        await registryStore(tx).lockModel(key)
        await lockFor(tx, 'carryAlias', key)
        await protection.requireFreeAlias(key, alias)
        const found = await aliasStore(tx).find(key)

        const decision = { movedBy: actor, reason: 'Set by hand', movedAt: now() }
        if (!(await moveAlias(tx, key, decision))) return
        const change = { before: { alias, version: found?.version ?? null }, after: { alias, version } }
        await audit(tx, { projectId, actor, action: 'registry.set_alias', subject: subjectOf(key), ...change })
      })
      return reader.version(projectId, model, version)
    },
  }
}

/** Reads a version and keeps it locked. @throws DomainError when it is not there, or its stage forbids the action */
async function lockFor(tx: Db, action: Parameters<typeof whyNot>[0], key: VersionKey): Promise<ModelVersion> {
  const { model, version } = key
  const row = await registryStore(tx).lockVersion(key)
  if (!row) throw fail('registry.version_not_found', { model, version })
  const reason = whyNot(action, row.stage)
  if (reason) throw fail('registry.wrong_stage', { model, version, stage: row.stage, reason }, { why: reason })
  return present(row)
}
