import type { PromotedEnvironment } from '@evenkeel/contract'
import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

export type ReleaseRow = Selectable<Database['pipelines.release']>
export type MoveRow = Selectable<Database['pipelines.environment_version']>

interface Of {
  readonly projectId: string
  readonly pipeline: string
}

/** Every query of releases, of what is in force where, and of the keys that are trusted. */
export function releasesStore(db: Db) {
  const tables = db.$pickTables<'pipelines.release' | 'pipelines.environment_version' | 'pipelines.release_key'>()

  return {
    find({ projectId, pipeline }: Of, version: number): Promise<ReleaseRow | undefined> {
      return tables
        .selectFrom('pipelines.release')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('version', '=', version)
        .executeTakeFirst()
    },

    /** The one that is this document, to the letter. */
    findDocument({ projectId, pipeline }: Of, document: string): Promise<ReleaseRow | undefined> {
      return tables
        .selectFrom('pipelines.release')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('document', '=', document)
        .executeTakeFirst()
    },

    /** Newest version first. */
    list({ projectId, pipeline }: Of, before: number | undefined, limit: number): Promise<ReleaseRow[]> {
      let query = tables
        .selectFrom('pipelines.release')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
      if (before !== undefined) query = query.where('version', '<', before)
      return query.orderBy('version', 'desc').limit(limit).execute()
    },

    async add(row: Insertable<Database['pipelines.release']>): Promise<void> {
      await tables.insertInto('pipelines.release').values(row).execute()
    },

    /** Newest first. */
    moves({ projectId, pipeline }: Of, limit: number): Promise<MoveRow[]> {
      return tables
        .selectFrom('pipelines.environment_version')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
    },

    /** The newest move of each environment. */
    newestMoves({ projectId, pipeline }: Of): Promise<MoveRow[]> {
      return tables
        .selectFrom('pipelines.environment_version')
        .distinctOn('environment')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .orderBy('environment')
        .orderBy('id', 'desc')
        .execute()
    },

    async wasIn({ projectId, pipeline }: Of, environment: PromotedEnvironment, version: number): Promise<boolean> {
      const row = await tables
        .selectFrom('pipelines.environment_version')
        .select('id')
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('environment', '=', environment)
        .where('version', '=', version)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    addMove(row: Insertable<Database['pipelines.environment_version']>): Promise<MoveRow> {
      return tables.insertInto('pipelines.environment_version').values(row).returningAll().executeTakeFirstOrThrow()
    },

    keys(projectId: string): Promise<Selectable<Database['pipelines.release_key']>[]> {
      return tables
        .selectFrom('pipelines.release_key')
        .selectAll()
        .where('project_id', '=', projectId)
        .orderBy('added_at')
        .execute()
    },

    async putKey(row: Insertable<Database['pipelines.release_key']>): Promise<void> {
      await tables
        .insertInto('pipelines.release_key')
        .values(row)
        .onConflict((conflict) => conflict.columns(['project_id', 'id']).doUpdateSet({ name: row.name }))
        .execute()
    },
  }
}

/** The version in force, if there is one. */
export async function versionInForce(db: Db, of: Of, environment: PromotedEnvironment): Promise<number | undefined> {
  const moves = await releasesStore(db).newestMoves(of)
  return moves.find((move) => move.environment === environment)?.version
}
