import { type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'

export interface ExperimentKey {
  readonly projectId: string
  readonly experimentId: number
}

export type ExperimentRow = Selectable<Database['tracking.experiment']> & {
  readonly tags: Readonly<Record<string, string>>
}

export const tagsOf = sql<Readonly<Record<string, string>>>`coalesce((
  select jsonb_object_agg(t.key, t.value) from tracking.experiment_tag t
  where t.project_id = e.project_id and t.experiment_id = e.experiment_id
), '{}')`

/** Every query on one experiment; searches lie in `search/`. */
export function experimentStore(db: Db) {
  const tables = db.$pickTables<'tracking.experiment' | 'tracking.experiment_tag'>()
  const experiments = (projectId: string) =>
    tables
      .selectFrom('tracking.experiment as e')
      .selectAll('e')
      .select(tagsOf.as('tags'))
      .where('e.project_id', '=', projectId)
  const one = ({ projectId, experimentId }: ExperimentKey) =>
    experiments(projectId).where('e.experiment_id', '=', experimentId)

  return {
    async nextNumber(): Promise<number> {
      const { rows } = await sql<{ number: number }>`select nextval('tracking.experiment_number') as number`.execute(db)
      return rows[0]!.number
    },

    /** @returns whether it was written: an active one with this name or number keeps it */
    async add({ projectId, experimentId }: ExperimentKey, row: { name: string; location: string; nowMs: number }) {
      const { numInsertedOrUpdatedRows } = await tables
        .insertInto('tracking.experiment')
        .values({
          project_id: projectId,
          experiment_id: experimentId,
          name: row.name,
          artifact_location: row.location,
          created_ms: row.nowMs,
          updated_ms: row.nowMs,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    find: (key: ExperimentKey): Promise<ExperimentRow | undefined> => one(key).executeTakeFirst(),

    /** The active one of this name, or else the one that was deleted last. */
    findByName: (projectId: string, name: string): Promise<ExperimentRow | undefined> =>
      experiments(projectId)
        .where('e.name', '=', name)
        .orderBy('e.deleted_ms', (order) => order.desc().nullsFirst())
        .limit(1)
        .executeTakeFirst(),

    /** Reads one and keeps its row locked until the transaction ends. */
    lock: (key: ExperimentKey): Promise<ExperimentRow | undefined> => one(key).forUpdate('e').executeTakeFirst(),

    async change(
      { projectId, experimentId }: ExperimentKey,
      change: { name?: string; folder?: string; updated_ms: number; deleted_ms?: number | null },
    ): Promise<void> {
      await tables
        .updateTable('tracking.experiment')
        .set(change)
        .where('project_id', '=', projectId)
        .where('experiment_id', '=', experimentId)
        .execute()
    },

    async putTags({ projectId, experimentId }: ExperimentKey, tags: readonly { key: string; value: string }[]) {
      if (tags.length === 0) return
      await tables
        .insertInto('tracking.experiment_tag')
        .values(tags.map(({ key, value }) => ({ project_id: projectId, experiment_id: experimentId, key, value })))
        .onConflict((conflict) =>
          conflict
            .columns(['project_id', 'experiment_id', 'key'])
            .doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
        )
        .execute()
    },

    /** @returns whether it was there */
    async deleteTag({ projectId, experimentId }: ExperimentKey, key: string): Promise<boolean> {
      const { numDeletedRows } = await tables
        .deleteFrom('tracking.experiment_tag')
        .where('project_id', '=', projectId)
        .where('experiment_id', '=', experimentId)
        .where('key', '=', key)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}
