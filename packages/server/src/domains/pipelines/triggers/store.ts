import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

export type TriggerRow = Selectable<Database['pipelines.trigger']>
export type FiringRow = Selectable<Database['pipelines.trigger_firing']>

export function triggersStore(db: Db) {
  const tables = db.$pickTables<'pipelines.trigger' | 'pipelines.trigger_firing'>()

  return {
    async putTrigger(row: Insertable<Database['pipelines.trigger']>): Promise<void> {
      await tables
        .insertInto('pipelines.trigger')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['project_id', 'pipeline', 'name'])
            .doUpdateSet({ spec: row.spec, user_id: row.user_id, updated_at: row.updated_at }),
        )
        .execute()
    },

    triggersOf(projectId: string): Promise<TriggerRow[]> {
      return tables
        .selectFrom('pipelines.trigger')
        .selectAll()
        .where('project_id', '=', projectId)
        .orderBy('pipeline')
        .orderBy('name')
        .execute()
    },

    /** The month a schedule fired for last, as `2001-03`. */
    async newestMonth({ project_id, pipeline, name }: TriggerRow): Promise<string | undefined> {
      const row = await tables
        .selectFrom('pipelines.trigger_firing')
        .select(({ fn }) => fn.max('dedupe_key').as('month'))
        .where('project_id', '=', project_id)
        .where('pipeline', '=', pipeline)
        .where('trigger', '=', name)
        .where('kind', '=', 'schedule')
        .executeTakeFirst()
      return row?.month ?? undefined
    },

    async hasFired({ project_id, pipeline, name }: TriggerRow, dedupeKey: string): Promise<boolean> {
      const row = await tables
        .selectFrom('pipelines.trigger_firing')
        .select('id')
        .where('project_id', '=', project_id)
        .where('pipeline', '=', pipeline)
        .where('trigger', '=', name)
        .where('dedupe_key', '=', dedupeKey)
        .executeTakeFirst()
      return row !== undefined
    },

    async addFiring(row: Insertable<Database['pipelines.trigger_firing']>): Promise<void> {
      await tables.insertInto('pipelines.trigger_firing').values(row).execute()
    },

    /** Newest first; `before` is the id of the last firing of the page before. */
    listFirings(projectId: string, pipeline: string, before: string | undefined, limit: number): Promise<FiringRow[]> {
      let query = tables
        .selectFrom('pipelines.trigger_firing')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
      if (before !== undefined) query = query.where('id', '<', before)
      return query.orderBy('id', 'desc').limit(limit).execute()
    },
  }
}
