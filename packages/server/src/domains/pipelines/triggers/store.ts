import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

export type TriggerRow = Selectable<Database['pipelines.trigger']>
export type ProjectPauseRow = Selectable<Database['pipelines.trigger_pause']>
export type TriggerKey = Pick<TriggerRow, 'project_id' | 'pipeline' | 'name'>

/** Every query of triggers, their secrets and what pauses them; their firings have a store of their own. */
export function triggersStore(db: Db) {
  const tables = db.$pickTables<'pipelines.trigger' | 'pipelines.trigger_secret' | 'pipelines.trigger_pause'>()

  return {
    async putTrigger(row: Insertable<Database['pipelines.trigger']>): Promise<void> {
      const { spec, user_id, updated_at, looked_until, next_at } = row
      await tables
        .insertInto('pipelines.trigger')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['project_id', 'pipeline', 'name'])
            .doUpdateSet({ spec, user_id, updated_at, looked_until, next_at }),
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

    findTrigger({ project_id, pipeline, name }: TriggerKey): Promise<TriggerRow | undefined> {
      return tables
        .selectFrom('pipelines.trigger')
        .selectAll()
        .where((row) => row.and({ project_id, pipeline, name }))
        .executeTakeFirst()
    },

    async removeTrigger({ project_id, pipeline, name }: TriggerKey): Promise<void> {
      await tables
        .deleteFrom('pipelines.trigger')
        .where((row) => row.and({ project_id, pipeline, name }))
        .execute()
    },

    /** Cron triggers that have an occurrence to look at. */
    dueTriggers(now: Date): Promise<TriggerRow[]> {
      return tables.selectFrom('pipelines.trigger').selectAll().where('next_at', '<=', now).execute()
    },

    /** Remembers how far a cron trigger was looked at, unless it was written anew meanwhile. */
    async saveLook({ project_id, pipeline, name, updated_at }: TriggerRow, until: Date, next: Date): Promise<void> {
      await tables
        .updateTable('pipelines.trigger')
        .set({ looked_until: until, next_at: next })
        .where((row) => row.and({ project_id, pipeline, name, updated_at }))
        .execute()
    },

    async putSecret({ project_id, pipeline, name }: TriggerKey, secret: string): Promise<void> {
      await tables
        .insertInto('pipelines.trigger_secret')
        .values({ project_id, pipeline, trigger: name, secret })
        .onConflict((conflict) => conflict.columns(['project_id', 'pipeline', 'trigger']).doUpdateSet({ secret }))
        .execute()
    },

    async readSecret({ project_id, pipeline, name }: TriggerKey): Promise<string | undefined> {
      const row = await tables
        .selectFrom('pipelines.trigger_secret')
        .select('secret')
        .where((secret) => secret.and({ project_id, pipeline, trigger: name }))
        .executeTakeFirst()
      return row?.secret
    },

    async savePause(
      { project_id, pipeline, name }: TriggerKey,
      pause: Pick<TriggerRow, 'paused_by' | 'paused_why' | 'paused_at'>,
    ): Promise<void> {
      await tables
        .updateTable('pipelines.trigger')
        .set(pause)
        .where((row) => row.and({ project_id, pipeline, name }))
        .execute()
    },

    projectPause(projectId: string): Promise<ProjectPauseRow | undefined> {
      return tables
        .selectFrom('pipelines.trigger_pause')
        .selectAll()
        .where('project_id', '=', projectId)
        .executeTakeFirst()
    },

    async pauseProject(pause: Insertable<Database['pipelines.trigger_pause']>): Promise<void> {
      await tables
        .insertInto('pipelines.trigger_pause')
        .values(pause)
        .onConflict((conflict) => conflict.column('project_id').doUpdateSet(pause))
        .execute()
    },

    async resumeProject(projectId: string): Promise<void> {
      await tables.deleteFrom('pipelines.trigger_pause').where('project_id', '=', projectId).execute()
    },
  }
}
