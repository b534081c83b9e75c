import { type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import { ownerStore } from '../people/owner-store.ts'
import type { ModelKey } from '../store.ts'
import type { KeyValue } from './checks.ts'

export type CatalogModelRow = Selectable<Database['registry.model']> & {
  readonly tags: Readonly<Record<string, string>>
  readonly aliases: Readonly<Record<string, number>>
}

const ofModel = (table: string) =>
  sql`registry.${sql.id(table)} t where t.project_id = m.project_id and t.model = m.name`

/** Every query on models that is about more than their versions. */
export function modelStore(db: Db) {
  const tables = db.$pickTables<'registry.model' | 'registry.model_tag'>()

  const models = (projectId: string) =>
    tables
      .selectFrom('registry.model as m')
      .selectAll('m')
      .select([
        sql<CatalogModelRow['tags']>`coalesce(
          (select jsonb_object_agg(t.key, t.value) from ${ofModel('model_tag')}), '{}'
        )`.as('tags'),
        sql<CatalogModelRow['aliases']>`coalesce(
          (select jsonb_object_agg(t.alias, t.version) from ${ofModel('model_alias')}), '{}'
        )`.as('aliases'),
      ])
      .where('m.project_id', '=', projectId)

  return {
    models,

    find: ({ projectId, model }: ModelKey): Promise<CatalogModelRow | undefined> =>
      models(projectId).where('m.name', '=', model).executeTakeFirst(),

    /** Reads one and makes every other transaction wait that would change it or its versions. */
    lock: ({ projectId, model }: ModelKey): Promise<CatalogModelRow | undefined> =>
      models(projectId).where('m.name', '=', model).forUpdate('m').executeTakeFirst(),

    /** @returns whether it was written: one that is there keeps its name */
    async add({ projectId, model }: ModelKey, row: { description: string; owner: string; at: Date }): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tables
        .insertInto('registry.model')
        .values({
          project_id: projectId,
          name: model,
          description: row.description,
          owner: row.owner,
          created_at: row.at,
          updated_at: row.at,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      const isNew = numInsertedOrUpdatedRows === 1n
      if (isNew) await ownerStore(db).add({ projectId, model }, [{ kind: 'user', name: row.owner }])
      return isNew
    },

    /** What belongs to it follows a new name. */
    async change({ projectId, model }: ModelKey, change: { name?: string; description?: string; updated_at: Date }) {
      await tables
        .updateTable('registry.model')
        .set(change)
        .where('project_id', '=', projectId)
        .where('name', '=', model)
        .execute()
    },

    /** Together with its versions, tags and aliases; what was decided about them stays. */
    async delete({ projectId, model }: ModelKey): Promise<void> {
      await tables.deleteFrom('registry.model').where('project_id', '=', projectId).where('name', '=', model).execute()
    },

    async putTags({ projectId, model }: ModelKey, tags: readonly KeyValue[]): Promise<void> {
      if (tags.length === 0) return
      await tables
        .insertInto('registry.model_tag')
        .values(tags.map(({ key, value }) => ({ project_id: projectId, model, key, value })))
        .onConflict((conflict) =>
          conflict.columns(['project_id', 'model', 'key']).doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
        )
        .execute()
    },

    async deleteTag({ projectId, model }: ModelKey, key: string): Promise<void> {
      await tables
        .deleteFrom('registry.model_tag')
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('key', '=', key)
        .execute()
    },
  }
}
