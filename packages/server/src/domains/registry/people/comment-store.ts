import type { Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import type { VersionKey } from '../store.ts'

export type CommentRow = Selectable<Database['registry.version_comment']>

/** Every query on comments. */
export function commentStore(db: Db) {
  const tables = db.$pickTables<'registry.version_comment'>()

  return {
    /** Newest first, those below `before`. */
    list: ({ projectId, model, version }: VersionKey, limit: number, before: number): Promise<CommentRow[]> =>
      tables
        .selectFrom('registry.version_comment')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .where('position', '<', before)
        .orderBy('position', 'desc')
        .limit(limit)
        .execute(),

    /** Reads one and keeps its row locked until the transaction ends. */
    lock: ({ projectId, model, version }: VersionKey, id: string): Promise<CommentRow | undefined> =>
      tables
        .selectFrom('registry.version_comment')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst(),

    add: (
      { projectId, model, version }: VersionKey,
      row: { id: string; text: string; author: string; createdAt: Date },
    ): Promise<CommentRow> =>
      tables
        .insertInto('registry.version_comment')
        .values({
          id: row.id,
          project_id: projectId,
          model,
          version,
          text: row.text,
          author: row.author,
          created_at: row.createdAt,
        })
        .returningAll()
        .executeTakeFirstOrThrow(),

    edit: (id: string, text: string, at: Date): Promise<CommentRow> =>
      tables
        .updateTable('registry.version_comment')
        .set({ text, edited_at: at })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow(),

    async delete(id: string): Promise<void> {
      await tables.deleteFrom('registry.version_comment').where('id', '=', id).execute()
    },
  }
}
