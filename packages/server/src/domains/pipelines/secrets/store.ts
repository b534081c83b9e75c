import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

export type SecretRow = Selectable<Database['pipelines.secret_version']>

/** Every query on secrets. */
export function secretsStore(db: Db) {
  const tables = db.$pickTables<'pipelines.secret_version'>()
  const ofProject = (projectId: string) =>
    tables.selectFrom('pipelines.secret_version').selectAll().where('project_id', '=', projectId)

  return {
    /** Those in force, by name. */
    current(projectId: string): Promise<SecretRow[]> {
      return ofProject(projectId).where('retired_at', 'is', null).orderBy('name').execute()
    },

    /** Also those that no step is given any more. */
    every(projectId: string): Promise<SecretRow[]> {
      return ofProject(projectId).execute()
    },

    /** The id of the key that sealed the newest one in force, of all projects. */
    async newestKeyId(): Promise<string | undefined> {
      const row = await tables
        .selectFrom('pipelines.secret_version')
        .select('key_id')
        .where('retired_at', 'is', null)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.key_id
    },

    /** Returns what was in force until now. */
    retire(projectId: string, name: string, now: Date): Promise<SecretRow | undefined> {
      return tables
        .updateTable('pipelines.secret_version')
        .set({ retired_at: now })
        .where('project_id', '=', projectId)
        .where('name', '=', name)
        .where('retired_at', 'is', null)
        .returningAll()
        .executeTakeFirst()
    },

    async add(row: Insertable<Database['pipelines.secret_version']>): Promise<void> {
      await tables.insertInto('pipelines.secret_version').values(row).execute()
    },
  }
}
