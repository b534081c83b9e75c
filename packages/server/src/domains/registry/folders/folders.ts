import { folderSource, type NewFolderVersion, registryEvents, type StoredFile } from '@evenkeel/contract'
import { createHash, randomUUID } from 'node:crypto'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Db } from '../../../platform/db.ts'
import { publish } from '../../../platform/events.ts'
import { summaryOf } from '../card.ts'
import { versionStore } from '../catalog/version-store.ts'
import { type RegisterDeps, requireWholeRun } from '../register.ts'
import { type ModelKey, registryStore, subjectOf } from '../store.ts'
import { requireStored } from './checks.ts'
import type { FolderNeeds } from './needs.ts'
import { readWeights, textOf, type Weights } from './weights.ts'

export interface FoldersDeps extends Pick<FolderNeeds, 'keepFolder'>, Pick<RegisterDeps, 'now' | 'whyNoModel'> {
  readonly db: Db
  readonly blobs: BlobStore
}

/** Where folders of versions begin among the files of a project. */
const root = 'registered'

/** Versions that are weights of a network which only Python knows: kept and described, and not served. */
export function createFolders(deps: FoldersDeps) {
  const { db, blobs, now } = deps

  /**
   * The same folder is registered once for each model.
   *
   * @returns the number of the version
   * @throws DomainError `registry.bad_folder`, `artifacts.bad_path`, `artifacts.path_clash`
   */
  return async function registerFolder(caller: Caller, model: string, sent: NewFolderVersion): Promise<number> {
    await requireWholeRun(deps, caller)
    await requireStored(blobs, sent.files)
    const weights = await readWeights(blobs, sent.files)
    const card = sent.card ?? (await textOf(blobs, sent.files, 'README.md')) ?? cardOf(weights)
    const folder = { ...sent, weights, card, digest: digestOf(sent.files) }
    return db.transaction().execute((tx) => add(tx, caller, { projectId: caller.projectId, model }, folder))
  }

  async function add(tx: Db, { userName }: Caller, of: ModelKey, folder: Folder): Promise<number> {
    const at = now()
    const registry = registryStore(tx)
    await registry.addModel(of, { description: summaryOf(folder.card), owner: userName, createdAt: at })
    await registry.lockModel(of)
    const source = folderSource(folder.digest)
    const known = await versionStore(tx).findSource(of, source)
    if (known !== undefined) return known
    const key = { ...of, version: (await registry.lastNumber(of)) + 1 }
    const sourceUri = await deps.keepFolder(tx, of.projectId, `${root}/${randomUUID()}`, folder.files)
    const origin = { source, sourceUri, runId: null, modelId: null, runLink: null }
    await versionStore(tx).add({
      ...key,
      ...origin,
      description: '',
      createdBy: userName,
      at,
      content: contentOf(folder),
    })
    const subject = subjectOf(key)
    await publish(tx, registryEvents, 'registry.version_registered', { ...key, subject })
    const record = { projectId: of.projectId, actor: userName, action: 'registry.register', subject }
    await audit(tx, { ...record, after: { digest: folder.digest, files: folder.files.length, stage: 'candidate' } })
    return key.version
  }
}

interface Folder extends NewFolderVersion {
  readonly card: string
  readonly digest: string
  readonly weights: Weights
}

const contentOf = ({ metrics, params, card, digest, weights }: Folder) => ({
  metrics,
  params: { ...weights.params, ...params },
  card,
  environment: { format: 'safetensors', source: digest },
})

/** That of the lines which `sha256sum` writes about the files, in the order of their paths. */
function digestOf(files: readonly StoredFile[]): string {
  const sum = createHash('sha256')
  for (const { path, digest } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    sum.update(`${digest.slice('sha256:'.length)}  ${path}\n`)
  }
  return `sha256:${sum.digest('hex')}`
}

const cardOf = ({ says, library }: Weights): string =>
  [
    `---\nlibrary_name: ${library}\n---`,
    `Made outside of Evenkeel: ${says}.`,
    'Its files are kept as they came and are not served. To serve the network, export it to ONNX, and register that as the next version.',
  ].join('\n\n')
