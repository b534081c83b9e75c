import type { CheckResult, Column, ColumnProfile, DatasetVersion } from '@evenkeel/contract'
import { DataContract } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { z } from 'zod'
import { type Database, type Db, json } from '../../platform/db.ts'

export type VersionRow = Omit<Selectable<Database['datasets.version']>, 'profile' | 'source_digest'>

export interface StoredContract {
  readonly version: number
  readonly contract: DataContract
}

export interface NewVersion {
  readonly version: number
  readonly digest: string
  readonly sourceDigest: string
  readonly state: DatasetVersion['state']
  readonly rowCount: number
  readonly sizeBytes: number
  readonly columns: readonly Column[]
  readonly files: DatasetVersion['files']
  readonly eventTimeMin: Date | null
  readonly eventTimeMax: Date | null
  readonly note: string
  readonly contractVersion: number | null
  readonly checks: readonly CheckResult[]
  readonly profile: readonly ColumnProfile[]
  readonly createdAt: Date
  readonly createdBy: string
}

export interface DatasetRow {
  readonly name: string
  readonly contractVersion: number | null
  readonly versionCount: number
  readonly refusedCount: number
  readonly latestVersion: number | null
  readonly eventTimeMax: Date | null
  readonly rowCount: number
}

/** Everything but the profile, which is large and asked for by itself. */
const versionColumns = [
  'project_id',
  'dataset',
  'version',
  'digest',
  'state',
  'row_count',
  'size_bytes',
  'columns',
  'files',
  'event_time_min',
  'event_time_max',
  'note',
  'contract_version',
  'checks',
  'created_at',
  'created_by',
] as const

/** Every query of the domain. */
export function datasetsStore(db: Db) {
  const tables = db.$pickTables<'datasets.dataset' | 'datasets.contract' | 'datasets.version'>()

  const versionsOf = (projectId: string, dataset: string) =>
    tables
      .selectFrom('datasets.version')
      .select(versionColumns)
      .where('project_id', '=', projectId)
      .where('dataset', '=', dataset)

  return {
    async list(projectId: string): Promise<DatasetRow[]> {
      const { rows } = await sql<DatasetRow>`
        select
          d.name,
          (
            select max(c.version) from datasets.contract c where c.project_id = d.project_id and c.dataset = d.name
          ) as "contractVersion",
          count(v.version) as "versionCount",
          count(v.version) filter (where v.state = 'refused') as "refusedCount",
          max(v.version) filter (where v.state = 'accepted') as "latestVersion",
          max(v.event_time_max) filter (where v.state = 'accepted') as "eventTimeMax",
          coalesce(sum(v.row_count) filter (where v.state = 'accepted'), 0)::bigint as "rowCount"
        from datasets.dataset d
        left join datasets.version v on v.project_id = d.project_id and v.dataset = d.name
        where d.project_id = ${projectId}
        group by d.project_id, d.name
        order by d.name`.execute(db)
      return rows
    },

    async exists(projectId: string, dataset: string): Promise<boolean> {
      const found = await tables
        .selectFrom('datasets.dataset')
        .select('name')
        .where('project_id', '=', projectId)
        .where('name', '=', dataset)
        .executeTakeFirst()
      return found !== undefined
    },

    /** Makes the dataset if need be, and lets nobody else change it until the transaction ends. */
    async lock(projectId: string, dataset: string): Promise<void> {
      await sql`
        insert into datasets.dataset (project_id, name) values (${projectId}, ${dataset})
        on conflict (project_id, name) do update set name = excluded.name`.execute(db)
    },

    async newestContract(projectId: string, dataset: string): Promise<StoredContract | undefined> {
      const row = await tables
        .selectFrom('datasets.contract')
        .select(['version', 'body'])
        .where('project_id', '=', projectId)
        .where('dataset', '=', dataset)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && { version: row.version, contract: z.parse(DataContract, row.body) }
    },

    async addContract(
      projectId: string,
      dataset: string,
      { version, contract, at, by }: StoredContract & { readonly at: Date; readonly by: string },
    ): Promise<void> {
      await tables
        .insertInto('datasets.contract')
        .values({ project_id: projectId, dataset, version, body: json(contract), created_at: at, created_by: by })
        .execute()
    },

    /**
     * The version that this content is already, by the digest of what was sent or of what it became: an accepted one, or
     * one that was judged by the same contract.
     */
    findContent(
      projectId: string,
      dataset: string,
      { digests, contractVersion }: { digests: readonly string[]; contractVersion: number | null },
    ): Promise<VersionRow | undefined> {
      return versionsOf(projectId, dataset)
        .where((row) => row.or([row('source_digest', 'in', digests), row('digest', 'in', digests)]))
        .where((row) =>
          row.or([row('state', '=', 'accepted'), row('contract_version', 'is not distinct from', contractVersion)]),
        )
        .orderBy('state')
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    find(projectId: string, dataset: string, version: number): Promise<VersionRow | undefined> {
      return versionsOf(projectId, dataset).where('version', '=', version).executeTakeFirst()
    },

    newest(projectId: string, dataset: string): Promise<VersionRow | undefined> {
      return versionsOf(projectId, dataset).orderBy('version', 'desc').limit(1).executeTakeFirst()
    },

    newestAccepted(projectId: string, dataset: string): Promise<VersionRow | undefined> {
      return versionsOf(projectId, dataset)
        .where('state', '=', 'accepted')
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** Newest first, below `before`. */
    listVersions(projectId: string, dataset: string, before: number, limit: number): Promise<VersionRow[]> {
      return versionsOf(projectId, dataset)
        .where('version', '<', before)
        .orderBy('version', 'desc')
        .limit(limit)
        .execute()
    },

    async readProfile(projectId: string, dataset: string, version: number): Promise<ColumnProfile[] | undefined> {
      const row = await tables
        .selectFrom('datasets.version')
        .select('profile')
        .where('project_id', '=', projectId)
        .where('dataset', '=', dataset)
        .where('version', '=', version)
        .executeTakeFirst()
      return row?.profile as ColumnProfile[] | undefined
    },

    async addVersion(projectId: string, dataset: string, added: NewVersion): Promise<void> {
      await tables
        .insertInto('datasets.version')
        .values({
          project_id: projectId,
          dataset,
          version: added.version,
          digest: added.digest,
          source_digest: added.sourceDigest,
          state: added.state,
          row_count: added.rowCount,
          size_bytes: added.sizeBytes,
          columns: json(added.columns),
          files: json(added.files),
          event_time_min: added.eventTimeMin,
          event_time_max: added.eventTimeMax,
          note: added.note,
          contract_version: added.contractVersion,
          checks: json(added.checks),
          profile: json(added.profile),
          created_at: added.createdAt,
          created_by: added.createdBy,
        })
        .execute()
    },

    /** Accepted versions with events between two times, both included, by event time. */
    covering(projectId: string, dataset: string, from: Date, until: Date): Promise<VersionRow[]> {
      return versionsOf(projectId, dataset)
        .where('state', '=', 'accepted')
        .where('event_time_max', '>=', from)
        .where('event_time_min', '<=', until)
        .orderBy('event_time_min')
        .orderBy('version')
        .execute()
    },

    /** Refused versions of any dataset with events between two event times, both included. */
    refusedBetween(projectId: string, from: Date, until: Date): Promise<VersionRow[]> {
      return tables
        .selectFrom('datasets.version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('state', '=', 'refused')
        .where('event_time_max', '>=', from)
        .where('event_time_min', '<=', until)
        .orderBy('event_time_min')
        .execute()
    },

    async eventTimeMax(projectId: string, dataset: string): Promise<Date | null> {
      const row = await tables
        .selectFrom('datasets.version')
        .select(({ fn }) => fn.max('event_time_max').as('newest'))
        .where('project_id', '=', projectId)
        .where('dataset', '=', dataset)
        .where('state', '=', 'accepted')
        .executeTakeFirst()
      return row?.newest ?? null
    },
  }
}
