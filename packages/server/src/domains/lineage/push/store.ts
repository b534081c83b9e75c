import { sql, type Insertable, type Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

type TargetTable = Database['lineage.target']
export type TargetRow = Selectable<TargetTable>

interface Key {
  readonly projectId: string
  readonly name: string
}

/** How long who sends may be silent before somebody else does. */
const leaseSeconds = 60

/** Where our events go, and how far that is. */
export function targetStore(db: Db) {
  const tables = db.$pickTables<'lineage.target' | 'lineage.target_key' | 'lineage.event'>()
  const own = () => tables.selectFrom('lineage.event').where('origin', '=', 'own')

  return {
    list: (projectId: string): Promise<TargetRow[]> =>
      tables.selectFrom('lineage.target').selectAll().where('project_id', '=', projectId).orderBy('name').execute(),

    find: ({ projectId, name }: Key): Promise<TargetRow | undefined> =>
      tables
        .selectFrom('lineage.target')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('name', '=', name)
        .executeTakeFirst(),

    /** A target that is there already goes on from where it is, at once. */
    async put(row: Insertable<TargetTable>): Promise<void> {
      await tables
        .insertInto('lineage.target')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['project_id', 'name']).doUpdateSet({ spec: row.spec, failures: 0, next_try_at: null }),
        )
        .execute()
    },

    async putKey({ projectId, name }: Key, key: string): Promise<void> {
      await tables
        .insertInto('lineage.target_key')
        .values({ project_id: projectId, target: name, key })
        .onConflict((conflict) => conflict.columns(['project_id', 'target']).doUpdateSet({ key }))
        .execute()
    },

    async dropKey({ projectId, name }: Key): Promise<void> {
      await tables
        .deleteFrom('lineage.target_key')
        .where('project_id', '=', projectId)
        .where('target', '=', name)
        .execute()
    },

    async keyOf({ projectId, name }: Key): Promise<string | null> {
      const row = await tables
        .selectFrom('lineage.target_key')
        .select('key')
        .where('project_id', '=', projectId)
        .where('target', '=', name)
        .executeTakeFirst()
      return row?.key ?? null
    },

    async remove({ projectId, name }: Key): Promise<void> {
      await tables.deleteFrom('lineage.target').where('project_id', '=', projectId).where('name', '=', name).execute()
    },

    async newestEvent(projectId: string): Promise<number> {
      const row = await own()
        .select('id')
        .where('project_id', '=', projectId)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.id ?? 0
    },

    /** How many events wait, and when the oldest of them was written. */
    async waiting(projectId: string, after: number): Promise<{ count: number; since: Date | null }> {
      const row = await own()
        .select((select) => [select.fn.countAll<number>().as('count'), select.fn.min('received_at').as('since')])
        .where('project_id', '=', projectId)
        .where('id', '>', after)
        .executeTakeFirstOrThrow()
      return { count: Number(row.count), since: row.since }
    },

    /** Takes the targets that have something to send now and that nobody else sends to. */
    async lease(now: Date): Promise<TargetRow[]> {
      return tables
        .updateTable('lineage.target')
        .set({ leased_until: new Date(now.getTime() + leaseSeconds * 1000) })
        .where((where) => where.or([where('leased_until', 'is', null), where('leased_until', '<', now)]))
        .where((where) => where.or([where('next_try_at', 'is', null), where('next_try_at', '<=', now)]))
        .where(
          sql<boolean>`exists (select from lineage.event e where e.project_id = target.project_id and e.origin = 'own'
            and e.id > target.sent_until)`,
        )
        .returningAll()
        .execute()
    },

    nextEvents: (projectId: string, after: number, limit: number) =>
      own()
        .select(['id', 'body'])
        .where('project_id', '=', projectId)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute(),

    /** @returns false when the target is gone, or another server has it meanwhile */
    async report(
      { projectId, name }: Key,
      leasedUntil: Date,
      change: Partial<Insertable<TargetTable>>,
    ): Promise<boolean> {
      const { numUpdatedRows } = await tables
        .updateTable('lineage.target')
        .set(change)
        .where('project_id', '=', projectId)
        .where('name', '=', name)
        .where('leased_until', '=', leasedUntil)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}
