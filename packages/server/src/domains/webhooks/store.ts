import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'

type Table = Database['webhooks.webhook']
export type WebhookRow = Selectable<Table>

export interface WebhookKey {
  readonly projectId: string
  readonly id: string
}

/** Every query on webhooks. */
export function webhookStore(db: Db) {
  const tables = db.$pickTables<'webhooks.webhook'>()
  const ofProject = (projectId: string) =>
    tables.selectFrom('webhooks.webhook').selectAll().where('project_id', '=', projectId)

  return {
    find: ({ projectId, id }: WebhookKey): Promise<WebhookRow | undefined> =>
      ofProject(projectId).where('webhook_id', '=', id).executeTakeFirst(),

    /** Behind `after`, in the order of their ids. */
    list: (projectId: string, limit: number, after = ''): Promise<WebhookRow[]> =>
      ofProject(projectId).where('webhook_id', '>', after).orderBy('webhook_id').limit(limit).execute(),

    /** Active ones that want to hear of an event. */
    listening: (projectId: string, event: string): Promise<WebhookRow[]> =>
      ofProject(projectId)
        .where('status', '=', 'ACTIVE')
        .where(sql<boolean>`${event} = any(events)`)
        .execute(),

    /** Counts those of a project, which nobody adds to until the transaction ends. */
    async lockCount(projectId: string): Promise<number> {
      await sql`select pg_advisory_xact_lock(hashtext('evenkeel.webhooks'), hashtext(${projectId}))`.execute(db)
      return (await ofProject(projectId).execute()).length
    },

    async add(row: Insertable<Table>): Promise<void> {
      await tables.insertInto('webhooks.webhook').values(row).execute()
    },

    change: ({ projectId, id }: WebhookKey, change: Updateable<Table>): Promise<WebhookRow | undefined> =>
      tables
        .updateTable('webhooks.webhook')
        .set(change)
        .where('project_id', '=', projectId)
        .where('webhook_id', '=', id)
        .returningAll()
        .executeTakeFirst(),

    delete: ({ projectId, id }: WebhookKey): Promise<WebhookRow | undefined> =>
      tables
        .deleteFrom('webhooks.webhook')
        .where('project_id', '=', projectId)
        .where('webhook_id', '=', id)
        .returningAll()
        .executeTakeFirst(),
  }
}
