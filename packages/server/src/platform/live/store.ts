import { sql } from 'kysely'
import type { Db } from '../db.ts'

export interface Change {
  readonly id: number
  readonly topic: string
  readonly subject: string
  readonly projectId: string
}

export const channel = 'evenkeel_live'

/**
 * Notes, in the caller's transaction, that an object changed.
 *
 * @returns whether anybody has subscribed to the topic
 */
export async function recordChange(
  tx: Db,
  topic: string,
  { subject, projectId }: { readonly subject: string; readonly projectId: string },
): Promise<boolean> {
  // One statement: an event is announced in nearly every transaction.
  const { rows } = await sql<{ is_heard: boolean }>`
    with noted as (insert into platform.live_pending (topic, subject, project_id) values (${topic}, ${subject}, ${projectId}))
    select pg_notify(${channel}, ''), exists (select from pgboss.subscription where event = ${topic}) as is_heard`.execute(
    tx,
  )
  return rows[0]!.is_heard
}

export function liveStore(db: Db) {
  const tables = db.$pickTables<'platform.live_event' | 'platform.live_pending'>()

  return {
    /**
     * Gives ids to what was committed, one per object however often it changed. Taken from a sequence inside the writing
     * transactions, ids could become visible out of order, and a client that resumes would miss the late one.
     */
    dispatch(): Promise<void> {
      return db.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(hashtext('evenkeel.live'))`.execute(tx)
        await sql`
          with taken as (delete from platform.live_pending returning position, topic, subject, project_id)
          insert into platform.live_event (topic, subject, project_id)
          select topic, subject, project_id from taken
          group by topic, subject, project_id
          order by max(position)`.execute(tx)
      })
    },

    after(id: number, limit: number): Promise<Change[]> {
      return tables
        .selectFrom('platform.live_event')
        .select(['id', 'topic', 'subject', 'project_id as projectId'])
        .where('id', '>', id)
        .orderBy('id')
        .limit(limit)
        .execute()
    },

    /** The ids that are still known; both 0 before the first event. */
    async range(): Promise<{ oldest: number; newest: number }> {
      const row = await tables
        .selectFrom('platform.live_event')
        .select(({ fn }) => [fn.min('id').as('oldest'), fn.max('id').as('newest')])
        .executeTakeFirst()
      return { oldest: row?.oldest ?? 0, newest: row?.newest ?? 0 }
    },

    /** Forgets what is older. The newest one stays: it tells a client that comes back whether it missed anything. */
    async prune(olderThan: Date): Promise<void> {
      await tables
        .deleteFrom('platform.live_event')
        .where('created_at', '<', olderThan)
        .where('id', '<', (eb) => eb.selectFrom('platform.live_event').select(({ fn }) => fn.max('id').as('newest')))
        .execute()
    },
  }
}
