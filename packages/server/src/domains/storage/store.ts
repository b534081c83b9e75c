import type { Selectable } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'

export type CollectionRow = Selectable<Database['storage.collection']>
type NewCollection = Omit<CollectionRow, 'position' | 'phase' | 'ended_at' | 'reason' | 'state'>
type Change = Partial<Pick<CollectionRow, 'state' | 'phase' | 'ended_at' | 'reason' | 'counts'>>

/** Every query on collections as they are told. */
export function storageStore(db: Db) {
  const tables = db.$pickTables<'storage.collection'>()

  return {
    /** @returns false while another one has not ended */
    async add({ counts, ...row }: NewCollection): Promise<boolean> {
      const added = await tables
        .insertInto('storage.collection')
        .values({ ...row, state: 'queued', counts: json(counts) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },

    async change(id: string, { counts, ...change }: Change): Promise<void> {
      await tables
        .updateTable('storage.collection')
        .set({ ...change, ...(counts !== undefined && { counts: json(counts) }) })
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute()
    },

    find: (id: string): Promise<CollectionRow | undefined> =>
      tables.selectFrom('storage.collection').selectAll().where('id', '=', id).executeTakeFirst(),

    /** The one that has not ended. */
    open: (): Promise<CollectionRow | undefined> =>
      tables.selectFrom('storage.collection').selectAll().where('ended_at', 'is', null).executeTakeFirst(),

    /** Newest first. */
    list: (beforePosition: number, limit: number): Promise<CollectionRow[]> =>
      tables
        .selectFrom('storage.collection')
        .selectAll()
        .where('position', '<', beforePosition)
        .orderBy('position', 'desc')
        .limit(limit)
        .execute(),

    /** When the last one began that deleted. */
    async lastAt(): Promise<Date | null> {
      const row = await tables
        .selectFrom('storage.collection')
        .select(({ fn }) => fn.max('created_at').as('at'))
        .where('dry_run', '=', false)
        .executeTakeFirst()
      return row?.at ?? null
    },
  }
}
