import {
  type Column,
  type ColumnProfile,
  type DataContract,
  type DatasetVersion,
  datasetsErrors,
} from '@evenkeel/contract'
import type { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { type Job, periodic } from '../../platform/jobs.ts'
import type { Platform } from '../../platform/server.ts'
import { pageOf } from '../../platform/page.ts'
import { requireFit } from './contract-check.ts'
import { whyNotExpression } from './expression.ts'
import { ingest, type IngestOptions } from './ingest.ts'
import { presentDataset, presentVersion } from './present.ts'
import { datasetsStore } from './store.ts'
import { createUploads } from './upload.ts'

const fail = failures(datasetsErrors)

/** Of a PostgreSQL integer. */
const highestVersion = 2 ** 31 - 1

/** What datasets need. `app.ts` hands it over. */
export interface DatasetsDeps extends Pick<Platform, 'db' | 'queries' | 'blobs' | 'queryFolder'> {
  readonly now: () => Date
}

interface NamedContract {
  readonly dataset: string
  readonly contractVersion: number
  readonly contract: DataContract
}

export type Datasets = ReturnType<typeof createDatasets>

export function createDatasets(deps: DatasetsDeps) {
  const { db, queries, queryFolder, now } = deps
  const uploads = createUploads(queryFolder)
  const jobs: readonly Job[] = [periodic('datasets.sweep_uploads', 3600, () => uploads.sweep(now()))]

  async function requireDataset(projectId: string, dataset: string): Promise<void> {
    if (!(await datasetsStore(db).exists(projectId, dataset))) throw fail('datasets.not_found', { dataset })
  }

  /** The columns of the newest accepted version, or of the newest refused one; undefined while there is none. */
  async function columnsOf(projectId: string, dataset: string): Promise<readonly Column[] | undefined> {
    const store = datasetsStore(db)
    const row = (await store.newestAccepted(projectId, dataset)) ?? (await store.newest(projectId, dataset))
    return row && presentVersion(row).columns
  }

  return {
    jobs,

    async list({ projectId }: Caller) {
      return (await datasetsStore(db).list(projectId)).map(presentDataset)
    },

    /** Sets the contract that later versions are held against; an unchanged one keeps its version. */
    async putContract(
      { projectId, userName }: Caller,
      dataset: string,
      contract: DataContract,
    ): Promise<NamedContract> {
      await requireFit(queries, contract, await columnsOf(projectId, dataset))
      return db.transaction().execute(async (tx) => {
        const store = datasetsStore(tx)
        await store.lock(projectId, dataset)
        const before = await store.newestContract(projectId, dataset)
        if (before && isDeepStrictEqual(before.contract, contract)) {
          return { dataset, contractVersion: before.version, contract }
        }
        const version = (before?.version ?? 0) + 1
        await store.addContract(projectId, dataset, { version, contract, at: now(), by: userName })
        const change = { before: before?.contract, after: contract }
        await audit(tx, { projectId, actor: userName, action: 'datasets.put_contract', subject: dataset, ...change })
        return { dataset, contractVersion: version, contract }
      })
    },

    async getContract({ projectId }: Caller, dataset: string) {
      await requireDataset(projectId, dataset)
      const found = await datasetsStore(db).newestContract(projectId, dataset)
      return { dataset, contractVersion: found?.version ?? null, contract: found?.contract ?? null }
    },

    /**
     * Adds a version from a file: profiles it, holds it against the contract, and accepts or refuses it. Content that is
     * there already is the version that it is; what was refused may come again under another contract.
     *
     * @throws DomainError `datasets.unreadable_file`, `datasets.empty_file`, or what the stream fails with; nothing is
     *   stored then
     */
    addVersion(caller: Caller, dataset: string, file: Readable, options: IngestOptions): Promise<DatasetVersion> {
      return uploads.receive(file, (received, spare) => ingest(deps, caller, dataset, { ...options, received, spare }))
    },

    async listVersions(
      { projectId }: Caller,
      dataset: string,
      { limit, cursor }: { limit: number; cursor?: string | undefined },
    ) {
      await requireDataset(projectId, dataset)
      const before = cursor === undefined ? highestVersion : Number(cursor)
      const rows = await datasetsStore(db).listVersions(projectId, dataset, before, limit + 1)
      const { items, nextCursor } = pageOf(rows, limit, ({ version }) => version)
      return { items: items.map(presentVersion), nextCursor }
    },

    async getVersion({ projectId }: Caller, dataset: string, version: number): Promise<DatasetVersion> {
      const found = await datasetsStore(db).find(projectId, dataset, version)
      if (!found) throw fail('datasets.version_not_found', { dataset, version })
      return presentVersion(found)
    },

    async getProfile({ projectId }: Caller, dataset: string, version: number): Promise<{ columns: ColumnProfile[] }> {
      const columns = await datasetsStore(db).readProfile(projectId, dataset, version)
      if (!columns) throw fail('datasets.version_not_found', { dataset, version })
      return { columns }
    },

    // What other domains ask for.

    /** Accepted versions with events between two event times, both included, by event time. */
    async versionsCovering(projectId: string, dataset: string, from: string, until: string): Promise<DatasetVersion[]> {
      const rows = await datasetsStore(db).covering(projectId, dataset, new Date(from), new Date(until))
      return rows.map(presentVersion)
    },

    /** A version, refused or not, or the newest accepted one. */
    async findVersion(projectId: string, dataset: string, version: number | 'latest') {
      const store = datasetsStore(db)
      const row = await (version === 'latest'
        ? store.newestAccepted(projectId, dataset)
        : store.find(projectId, dataset, version))
      return row && presentVersion(row)
    },

    /** Refused versions of any dataset with events between two event times, both included, by event time. */
    async refusedBetween(projectId: string, from: string, until: string): Promise<DatasetVersion[]> {
      return (await datasetsStore(db).refusedBetween(projectId, new Date(from), new Date(until))).map(presentVersion)
    },

    /** The newest event time of the accepted versions; null while there is none. */
    async eventTimeWatermark(projectId: string, dataset: string): Promise<string | null> {
      return (await datasetsStore(db).eventTimeMax(projectId, dataset))?.toISOString() ?? null
    },

    columnsOf,

    /** See `expression.ts`. */
    whyNotExpression: (expression: string, columns: readonly Column[] | undefined, type: 'number' | 'boolean') =>
      whyNotExpression(queries, expression, columns, type),
  }
}
