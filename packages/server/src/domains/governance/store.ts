import type { EnvironmentPolicy, GatePolicy } from '@evenkeel/contract'
import type { Insertable, Selectable, Updateable } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'

type ApprovalTable = Database['governance.approval']
export type ApprovalRow = Selectable<ApprovalTable>

export interface ApprovalFilter {
  readonly state?: ApprovalRow['state'] | undefined
  readonly model?: string | undefined
}

/** Every query that governance makes. */
export function governanceStore(db: Db) {
  const tables = db.$pickTables<'governance.gate_policy' | 'governance.environment_policy' | 'governance.approval'>()
  const approvals = (projectId: string) =>
    tables.selectFrom('governance.approval').selectAll().where('project_id', '=', projectId)

  return {
    findGate: (projectId: string, model: string) =>
      tables
        .selectFrom('governance.gate_policy')
        .select('policy')
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .executeTakeFirst(),

    async putGate(projectId: string, model: string, policy: GatePolicy): Promise<void> {
      await tables
        .insertInto('governance.gate_policy')
        .values({ project_id: projectId, model, policy: json(policy) })
        .onConflict((conflict) => conflict.columns(['project_id', 'model']).doUpdateSet({ policy: json(policy) }))
        .execute()
    },

    async renameGate(projectId: string, from: string, to: string): Promise<void> {
      await tables
        .deleteFrom('governance.gate_policy')
        .where('project_id', '=', projectId)
        .where('model', '=', to)
        .execute()
      await tables
        .updateTable('governance.gate_policy')
        .set({ model: to })
        .where('project_id', '=', projectId)
        .where('model', '=', from)
        .execute()
    },

    findEnvironmentPolicy: (projectId: string, environment: string) =>
      tables
        .selectFrom('governance.environment_policy')
        .select('policy')
        .where('project_id', '=', projectId)
        .where('environment', '=', environment)
        .executeTakeFirst(),

    async putEnvironmentPolicy(projectId: string, environment: string, policy: EnvironmentPolicy): Promise<void> {
      await tables
        .insertInto('governance.environment_policy')
        .values({ project_id: projectId, environment, policy: json(policy) })
        .onConflict((conflict) => conflict.columns(['project_id', 'environment']).doUpdateSet({ policy: json(policy) }))
        .execute()
    },

    addApproval: (row: Insertable<ApprovalTable>): Promise<ApprovalRow> =>
      tables.insertInto('governance.approval').values(row).returningAll().executeTakeFirstOrThrow(),

    findApproval: (projectId: string, id: string): Promise<ApprovalRow | undefined> =>
      approvals(projectId).where('id', '=', id).executeTakeFirst(),

    /** Reads a request and keeps its row locked until the transaction ends. */
    lockApproval: (projectId: string, id: string): Promise<ApprovalRow | undefined> =>
      approvals(projectId).where('id', '=', id).forUpdate().executeTakeFirst(),

    /** Newest first, those below `before`. */
    listApprovals(projectId: string, { state, model }: ApprovalFilter, limit: number, before: number) {
      let query = approvals(projectId).where('position', '<', before)
      if (state) query = query.where('state', '=', state)
      if (model) query = query.where('model', '=', model)
      return query.orderBy('position', 'desc').limit(limit).execute()
    },

    /** Oldest first. */
    listApprovalsOf(projectId: string, model: string, versions: readonly number[]): Promise<ApprovalRow[]> {
      if (versions.length === 0) return Promise.resolve([])
      return approvals(projectId)
        .where('model', '=', model)
        .where('version', 'in', versions)
        .orderBy('position')
        .execute()
    },

    /** Takes pending requests that nobody decided in time, of any project, and keeps their rows locked. */
    lockOverdue: (now: Date, limit: number): Promise<ApprovalRow[]> =>
      tables
        .selectFrom('governance.approval')
        .selectAll()
        .where('state', '=', 'pending')
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute(),

    closeApproval: (id: string, outcome: Updateable<ApprovalTable>): Promise<ApprovalRow> =>
      tables
        .updateTable('governance.approval')
        .set(outcome)
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .returningAll()
        .executeTakeFirstOrThrow(),
  }
}
