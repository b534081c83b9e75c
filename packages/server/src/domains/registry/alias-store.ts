import type { Selectable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import type { ModelKey } from './store.ts'

export type AliasMoveRow = Selectable<Database['registry.alias_move']>

export interface AliasKey extends ModelKey {
  readonly alias: string
}

interface NewMove extends AliasKey {
  readonly version: number | null
  readonly previousVersion: number | null
  readonly movedBy: string
  readonly reason: string
  readonly movedAt: Date
}

/** Every query on aliases and their history. */
export function aliasStore(db: Db) {
  const tables = db.$pickTables<'registry.model_alias' | 'registry.alias_move'>()

  return {
    find: ({ projectId, model, alias }: AliasKey) =>
      tables
        .selectFrom('registry.model_alias')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('alias', '=', alias)
        .executeTakeFirst(),

    async put({ projectId, model, alias }: AliasKey, version: number, movedAt: Date): Promise<void> {
      await tables
        .insertInto('registry.model_alias')
        .values({ project_id: projectId, model, alias, version, moved_at: movedAt })
        .onConflict((conflict) =>
          conflict.columns(['project_id', 'model', 'alias']).doUpdateSet({ version, moved_at: movedAt }),
        )
        .execute()
    },

    async delete({ projectId, model, alias }: AliasKey): Promise<void> {
      await tables
        .deleteFrom('registry.model_alias')
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('alias', '=', alias)
        .execute()
    },

    async addMove(move: NewMove): Promise<void> {
      await tables
        .insertInto('registry.alias_move')
        .values({
          project_id: move.projectId,
          model: move.model,
          alias: move.alias,
          version: move.version,
          previous_version: move.previousVersion,
          moved_by: move.movedBy,
          reason: move.reason,
          moved_at: move.movedAt,
        })
        .execute()
    },

    /** The history of a model goes with its new name. */
    async rename({ projectId, model }: ModelKey, to: string): Promise<void> {
      await tables
        .updateTable('registry.alias_move')
        .set({ model: to })
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .execute()
    },

    /** Newest first, those below `before`. */
    listMoves: ({ projectId, model }: ModelKey, limit: number, before: number) =>
      tables
        .selectFrom('registry.alias_move')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('position', '<', before)
        .orderBy('position', 'desc')
        .limit(limit)
        .execute(),
  }
}
