import {
  type DatasetVersion,
  type ImportDetails,
  type ImportDraft,
  type ImportDraftHead,
  importLimits,
  modelImportErrors,
  type ReferenceSource,
} from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../../platform/auth.ts'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Db } from '../../../platform/db.ts'
import type { QueryEngine } from '../../../platform/duckdb/engine.ts'
import { failures } from '../../../platform/errors.ts'
import { periodic } from '../../../platform/jobs.ts'
import type { Registry } from '../service.ts'
import { contentOf, type Inspected } from './content.ts'
import { type DraftContent, type DraftKey, draftStore } from './draft-store.ts'
import { inspect } from './inspect.ts'
import { present, presentHead } from './present.ts'
import { makeReference } from './reference.ts'
import { createRunner } from './run-model.ts'
import { type TrialRequest, tryModel } from './trial.ts'

const fail = failures(modelImportErrors)
const dayMs = 86_400_000

/** What imports need beside the registry. `app.ts` hands it over. */
export interface DraftsDeps {
  readonly db: Db
  readonly blobs: BlobStore
  readonly queries: QueryEngine
  readonly now: () => Date
  readonly registry: Pick<Registry, 'convert' | 'register'>
  /** @throws DomainError `datasets.version_not_found` */
  readonly datasetVersion: (projectId: string, dataset: string, version: number) => Promise<DatasetVersion>
  /** Runs the models; by default in a process with the limits of the contract. */
  readonly run?: ReturnType<typeof createRunner>
}

export type Drafts = ReturnType<typeof createDrafts>

const empty: DraftContent = {
  source: null,
  inspection: null,
  trial: null,
  reference: null,
  details: { model: null, licence: null, notes: '', evaluation: null },
  registered: null,
}

/** Models that are imported step by step; each step is written by itself, so that it can be left and taken up again. */
export function createDrafts({ run = createRunner(), ...deps }: DraftsDeps) {
  const { db, blobs, now, registry } = deps
  const keyOf = ({ projectId }: Caller, draft: string): DraftKey => ({ projectId, draft })

  async function get(caller: Caller, draft: string): Promise<ImportDraft> {
    const row = await draftStore(db).find(keyOf(caller, draft))
    if (!row) throw fail('registry.draft_not_found', { draft })
    return present(row)
  }

  /** @param madeOf - digest of the ONNX file that the change was worked out from */
  async function change(caller: Caller, draft: string, content: Partial<DraftContent>, madeOf?: string) {
    const key = keyOf(caller, draft)
    const row = await draftStore(db).change(key, { content, at: now(), ...(madeOf !== undefined && { madeOf }) })
    if (row) return present(row)
    await get(caller, draft)
    throw fail('registry.draft_changed', { draft })
  }

  async function requireInspected(caller: Caller, draft: string) {
    const found = await get(caller, draft)
    if (found.registered) throw fail('registry.draft_changed', { draft })
    return withInspection(found)
  }

  return {
    jobs: [
      periodic('registry.forget_drafts', 3600, () =>
        draftStore(db).deleteOlderThan(new Date(now().getTime() - importLimits.draftDays * dayMs)),
      ),
    ],

    get,

    /** Those that are not registered, the last touched first. */
    list: async ({ projectId }: Caller): Promise<ImportDraftHead[]> =>
      (await draftStore(db).listOpen(projectId)).map(presentHead),

    /** @throws DomainError `registry.too_many_drafts` */
    async create(caller: Caller, model: string | null): Promise<ImportDraft> {
      const key = keyOf(caller, randomUUID())
      const content = { ...empty, details: { ...empty.details, model } }
      const limit = importLimits.openDrafts
      const row = await db
        .transaction()
        .execute((tx) => draftStore(tx).add(key, { content, createdBy: caller.userName, at: now() }, limit))
      if (!row) throw fail('registry.too_many_drafts', { limit })
      return present(row)
    },

    /** What was tried with another file says nothing about this one. */
    async setSource(caller: Caller, draft: string, { digest, fileName }: { digest: string; fileName: string }) {
      await get(caller, draft)
      await blobs.claim([digest])
      const { sizeBytes } = await blobs.stat(digest)
      const inspection = await inspect(blobs, await registry.convert({ digest }))
      const source = { digest, fileName, sizeBytes }
      return change(caller, draft, { source, inspection, trial: null, reference: null })
    },

    async try(caller: Caller, draft: string, request: TrialRequest): Promise<ImportDraft> {
      const { inspection } = await requireInspected(caller, draft)
      const trial = await tryModel({ blobs, run, now }, inspection, request)
      return change(caller, draft, { trial }, inspection.artifact.digest)
    },

    async setReference(caller: Caller, draft: string, source: ReferenceSource | null): Promise<ImportDraft> {
      if (source === null) return change(caller, draft, { reference: null })
      const { inspection } = await requireInspected(caller, draft)
      const reference = await makeReference({ ...deps, run }, caller.projectId, inspection, source)
      return change(caller, draft, { reference }, inspection.artifact.digest)
    },

    setDetails: (caller: Caller, draft: string, details: ImportDetails): Promise<ImportDraft> =>
      change(caller, draft, { details }),

    /** Once per draft; the same file of the same model is one version however it came. */
    async register(caller: Caller, draft: string): Promise<ImportDraft> {
      const found = await get(caller, draft)
      if (found.registered) return found
      const ready = withInspection(found)
      const { model } = ready.details
      if (model === null)
        throw fail('registry.draft_incomplete', { missing: 'model' }, { why: 'The model has no name.' })
      const startedAt = now()
      const { version, stage, gate, createdAt } = await registry.register(caller, model, contentOf(ready))
      const isNew = new Date(createdAt) >= startedAt
      const registered = { model, version, stage, says: gate?.says ?? '', isNew }
      // Whoever registered it at the same time has the same version.
      await draftStore(db).change(keyOf(caller, draft), { content: { registered }, at: now() })
      return get(caller, draft)
    },

    async discard(caller: Caller, draft: string): Promise<{ deleted: number }> {
      const deleted = await draftStore(db).delete(keyOf(caller, draft))
      if (deleted === 0) throw fail('registry.draft_not_found', { draft })
      return { deleted }
    },
  }
}

function withInspection(draft: ImportDraft): Inspected {
  const { inspection } = draft
  if (inspection) return { ...draft, inspection }
  throw fail('registry.draft_incomplete', { missing: 'source' }, { why: 'There is no file yet; name one first.' })
}
