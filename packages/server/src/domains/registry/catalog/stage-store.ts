import type { StageLabel } from '@evenkeel/contract'
import type { Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import type { ModelKey, VersionKey } from '../store.ts'

export type StageMoveRow = Selectable<Database['registry.stage_move']>

interface NewStageMove extends VersionKey {
  readonly label: StageLabel
  readonly previousLabel: StageLabel
  readonly movedBy: string
  readonly movedAt: Date
}

/** The history of stage labels. */
export function stageStore(db: Db) {
  const tables = db.$pickTables<'registry.stage_move'>()

  return {
    async addMove(move: NewStageMove): Promise<void> {
      await tables
        .insertInto('registry.stage_move')
        .values({
          project_id: move.projectId,
          model: move.model,
          version: move.version,
          label: move.label,
          previous_label: move.previousLabel,
          moved_by: move.movedBy,
          moved_at: move.movedAt,
        })
        .execute()
    },

    /** Newest first, those below `before`. */
    listMoves: ({ projectId, model }: ModelKey, limit: number, before: number): Promise<StageMoveRow[]> =>
      tables
        .selectFrom('registry.stage_move')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('position', '<', before)
        .orderBy('position', 'desc')
        .limit(limit)
        .execute(),

    /** The history of a model goes with its new name. */
    async rename({ projectId, model }: ModelKey, to: string): Promise<void> {
      await tables
        .updateTable('registry.stage_move')
        .set({ model: to })
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .execute()
    },
  }
}
