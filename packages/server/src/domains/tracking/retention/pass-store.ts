import type { RetentionLosses, RetentionPass } from '@evenkeel/contract'
import type { Selectable } from 'kysely'
import { type Database, type Db, json } from '../../../platform/db.ts'

export type PassRow = Selectable<Database['tracking.retention_pass']>
type Change = Partial<Pick<PassRow, 'state' | 'ended_at' | 'reason'>> & { readonly losses?: RetentionLosses }

/** Every query on applications of policies. */
export function passStore(db: Db) {
  const tables = db.$pickTables<'tracking.retention_pass'>()

  return {
    /** @returns false while another one of the project has not ended */
    async add(
      row: Pick<PassRow, 'id' | 'project_id' | 'scope' | 'started_by' | 'created_at'>,
      losses: RetentionLosses,
    ) {
      const added = await tables
        .insertInto('tracking.retention_pass')
        .values({ ...row, state: 'queued', losses: json(losses) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },

    async change(id: string, { losses, ...change }: Change): Promise<void> {
      await tables
        .updateTable('tracking.retention_pass')
        .set({ ...change, ...(losses && { losses: json(losses) }) })
        .where('id', '=', id)
        .execute()
    },

    find: (id: string): Promise<PassRow | undefined> =>
      tables.selectFrom('tracking.retention_pass').selectAll().where('id', '=', id).executeTakeFirst(),

    open: (): Promise<PassRow[]> =>
      tables.selectFrom('tracking.retention_pass').selectAll().where('ended_at', 'is', null).execute(),

    /** Newest first. */
    list: (projectId: string, beforePosition: number, limit: number): Promise<PassRow[]> =>
      tables
        .selectFrom('tracking.retention_pass')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('position', '<', beforePosition)
        .orderBy('position', 'desc')
        .limit(limit)
        .execute(),

    /** When the last one began that went over all of a project. */
    async lastAt(projectId: string): Promise<Date | null> {
      const row = await tables
        .selectFrom('tracking.retention_pass')
        .select(({ fn }) => fn.max('created_at').as('at'))
        .where('project_id', '=', projectId)
        .where('scope', '=', 'all')
        .executeTakeFirst()
      return row?.at ?? null
    },

    async forgetOld(until: Date): Promise<void> {
      await tables.deleteFrom('tracking.retention_pass').where('ended_at', '<', until).execute()
    },
  }
}

export const presentPass = (row: PassRow): RetentionPass => ({
  id: row.id,
  scope: row.scope,
  state: row.state,
  startedBy: row.started_by,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  losses: row.losses as RetentionLosses,
  reason: row.reason,
})
