import type { ApprovalState } from '@evenkeel/contract'
import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

export type ApprovalRow = Selectable<Database['pipelines.approval']>
export type DecisionRow = Selectable<Database['pipelines.approval_decision']>
/** Without what people were shown, which may be long. */
export type ApprovalStateRow = Pick<ApprovalRow, 'id' | 'run_id' | 'step_key' | 'state' | 'expires_at' | 'reason'>

const stateColumns = ['id', 'run_id', 'step_key', 'state', 'expires_at', 'reason'] as const

/** Every query of the requests of steps. */
export function approvalsStore(db: Db) {
  const tables = db.$pickTables<'pipelines.approval' | 'pipelines.approval_decision' | 'pipelines.run'>()

  return {
    async addApproval(row: Insertable<Database['pipelines.approval']>): Promise<void> {
      await tables.insertInto('pipelines.approval').values(row).execute()
    },

    /** Ends the pending request of a step. */
    closeApproval(
      { runId, step }: { readonly runId: string; readonly step: string },
      outcome: { readonly state: ApprovalState; readonly reason: string | null; readonly decided_at: Date },
    ): Promise<ApprovalRow> {
      return tables
        .updateTable('pipelines.approval')
        .set(outcome)
        .where('run_id', '=', runId)
        .where('step_key', '=', step)
        .where('state', '=', 'pending')
        .returningAll()
        .executeTakeFirstOrThrow()
    },

    findApproval(projectId: string, id: string): Promise<ApprovalRow | undefined> {
      return tables
        .selectFrom('pipelines.approval')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('id', '=', id)
        .executeTakeFirst()
    },

    /** The newest request of each step of these runs. */
    approvalStatesOf(runIds: readonly string[]): Promise<ApprovalStateRow[]> {
      return tables
        .selectFrom('pipelines.approval')
        .distinctOn(['run_id', 'step_key'])
        .select(stateColumns)
        .where('run_id', 'in', [...runIds])
        .orderBy('run_id')
        .orderBy('step_key')
        .orderBy('position', 'desc')
        .execute()
    },

    /** Newest first, those below `before`. */
    listApprovals(projectId: string, state: ApprovalState | undefined, before: number, limit: number) {
      let query = tables
        .selectFrom('pipelines.approval')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('position', '<', before)
      if (state) query = query.where('state', '=', state)
      return query.orderBy('position', 'desc').limit(limit).execute()
    },

    /** The last run that was approved at this step of the pipeline, and its version. */
    lastApproved(
      projectId: string,
      pipeline: string,
      step: string,
    ): Promise<{ run_id: string; version: number } | undefined> {
      return tables
        .selectFrom('pipelines.approval as a')
        .innerJoin('pipelines.run as r', 'r.id', 'a.run_id')
        .select(['a.run_id', 'r.version'])
        .where('a.project_id', '=', projectId)
        .where('a.pipeline', '=', pipeline)
        .where('a.step_key', '=', step)
        .where('a.state', '=', 'approved')
        .orderBy('a.position', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    async addDecision(row: Insertable<Database['pipelines.approval_decision']>): Promise<void> {
      await tables.insertInto('pipelines.approval_decision').values(row).execute()
    },

    async saveVoices(id: string, voices: readonly Voice[]): Promise<void> {
      await tables
        .updateTable('pipelines.approval')
        .set({ voices: sql`${JSON.stringify(voices)}::jsonb` })
        .where('id', '=', id)
        .execute()
    },

    /** Oldest first. */
    decisionsOf(approvalIds: readonly string[]): Promise<DecisionRow[]> {
      if (approvalIds.length === 0) return Promise.resolve([])
      return tables
        .selectFrom('pipelines.approval_decision')
        .selectAll()
        .where('approval_id', 'in', [...approvalIds])
        .orderBy('position')
        .execute()
    },
  }
}

/** A voice that counts, and who holds it now. */
export interface Voice {
  readonly of: string
  readonly heldBy: string
}
