import type { Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import type { VersionKey } from '../store.ts'

export type CardEditRow = Selectable<Database['registry.card_edit']>

interface NewEdit extends VersionKey {
  readonly revision: number
  readonly card: string
  readonly reason: string
  readonly addedLines: number
  readonly removedLines: number
  readonly editedBy: string
  readonly editedAt: Date
}

/** Every query on edits of cards. */
export function cardStore(db: Db) {
  const tables = db.$pickTables<'registry.card_edit' | 'registry.model_version'>()

  const edits = ({ projectId, model, version }: VersionKey) =>
    tables
      .selectFrom('registry.card_edit')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('model', '=', model)
      .where('version', '=', version)

  return {
    find: (key: VersionKey, revision: number): Promise<CardEditRow | undefined> =>
      edits(key).where('revision', '=', revision).executeTakeFirst(),

    latest: (key: VersionKey): Promise<CardEditRow | undefined> =>
      edits(key).orderBy('revision', 'desc').limit(1).executeTakeFirst(),

    /** Newest first, those below `before`. */
    list: (key: VersionKey, limit: number, before: number): Promise<CardEditRow[]> =>
      edits(key).where('revision', '<', before).orderBy('revision', 'desc').limit(limit).execute(),

    async add({ projectId, model, version, revision, ...edit }: NewEdit): Promise<void> {
      await tables
        .insertInto('registry.card_edit')
        .values({
          project_id: projectId,
          model,
          version,
          revision,
          card: edit.card,
          reason: edit.reason,
          added_lines: edit.addedLines,
          removed_lines: edit.removedLines,
          edited_by: edit.editedBy,
          edited_at: edit.editedAt,
        })
        .execute()
    },

    /** What everybody reads. */
    async putCard({ projectId, model, version }: VersionKey, card: string, at: Date): Promise<void> {
      await tables
        .updateTable('registry.model_version')
        .set({ card, updated_at: at })
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .execute()
    },
  }
}
