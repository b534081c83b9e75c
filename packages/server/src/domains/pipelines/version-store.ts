import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'

export type VersionRow = Selectable<Database['pipelines.pipeline_version']>

/** Every query of the versions of pipelines. */
export function versionStore(db: Db) {
  const tables = db.$pickTables<'pipelines.pipeline_version'>()

  return {
    newestVersion(projectId: string, pipeline: string): Promise<VersionRow | undefined> {
      return tables
        .selectFrom('pipelines.pipeline_version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
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
        .orderBy('pipeline')
        .orderBy('version', 'desc')
        .execute()
    },

    async addVersion(row: Insertable<Database['pipelines.pipeline_version']>): Promise<void> {
      await tables.insertInto('pipelines.pipeline_version').values(row).execute()
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
