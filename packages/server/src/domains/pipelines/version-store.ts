import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'

export type VersionRow = Selectable<Database['pipelines.pipeline_version']>

/** Every query of the versions of pipelines. */
export function versionStore(db: Db) {
  const tables = db.$pickTables<'pipelines.pipeline_version'>()

  return {
    /** Of those that were applied; a candidate of a pull request is none. */
    newestVersion(projectId: string, pipeline: string): Promise<VersionRow | undefined> {
      return tables
        .selectFrom('pipelines.pipeline_version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('candidate_scope', 'is', null)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    newestVersions(projectId: string): Promise<VersionRow[]> {
      return tables
        .selectFrom('pipelines.pipeline_version')
        .distinctOn('pipeline')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('candidate_scope', 'is', null)
        .orderBy('pipeline')
        .orderBy('version', 'desc')
        .execute()
    },

    async addVersion(row: Insertable<Database['pipelines.pipeline_version']>): Promise<void> {
      await tables.insertInto('pipelines.pipeline_version').values(row).execute()
    },

    /** The highest number there is, of candidates too; 0 when there is none. */
    async lastNumber(projectId: string, pipeline: string): Promise<number> {
      const row = await tables
        .selectFrom('pipelines.pipeline_version')
        .select(({ fn }) => fn.max('version').as('last'))
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .executeTakeFirst()
      return row?.last ?? 0
    },

    /** The newest candidate of a pull request. */
    newestCandidate(projectId: string, pipeline: string, scope: string): Promise<VersionRow | undefined> {
      return tables
        .selectFrom('pipelines.pipeline_version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('candidate_scope', '=', scope)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** Says which commit holds the content of a version. */
    async nameCommit({ project_id, pipeline, version }: VersionRow, commit: string): Promise<void> {
      await tables
        .updateTable('pipelines.pipeline_version')
        .set({ spec: sql`jsonb_set(spec, '{commit}', ${JSON.stringify(commit)}::jsonb)` })
        .where('project_id', '=', project_id)
        .where('pipeline', '=', pipeline)
        .where('version', '=', version)
        .execute()
    },

    listVersions(
      projectId: string,
      pipeline: string,
      before: number | undefined,
      limit: number,
    ): Promise<VersionRow[]> {
      let query = tables
        .selectFrom('pipelines.pipeline_version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('candidate_scope', 'is', null)
      if (before !== undefined) query = query.where('version', '<', before)
      return query.orderBy('version', 'desc').limit(limit).execute()
    },

    findVersion(projectId: string, pipeline: string, version: number): Promise<VersionRow | undefined> {
      return tables
        .selectFrom('pipelines.pipeline_version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('version', '=', version)
        .executeTakeFirst()
    },
  }
}
