import type { ApprovalState, PromotedEnvironment } from '@evenkeel/contract'
import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../../../platform/db.ts'

export type RequestRow = Selectable<Database['pipelines.promotion_request']>

/** Every query of releases that wait for a person. */
export function requestsStore(db: Db) {
  const tables = db.$pickTables<'pipelines.promotion_request'>()

  return {
    add(row: Insertable<Database['pipelines.promotion_request']>): Promise<RequestRow> {
      return tables.insertInto('pipelines.promotion_request').values(row).returningAll().executeTakeFirstOrThrow()
    },

    find(projectId: string, id: string): Promise<RequestRow | undefined> {
      return tables
        .selectFrom('pipelines.promotion_request')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('id', '=', id)
        .executeTakeFirst()
    },

    pendingOf(
      { projectId, pipeline }: { readonly projectId: string; readonly pipeline: string },
      environment: PromotedEnvironment,
    ): Promise<RequestRow | undefined> {
      return tables
        .selectFrom('pipelines.promotion_request')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('environment', '=', environment)
        .where('state', '=', 'pending')
        .executeTakeFirst()
    },

    /** Newest first, those below `before`. */
    list(projectId: string, state: ApprovalState | undefined, limit: number, before: number): Promise<RequestRow[]> {
      let query = tables
        .selectFrom('pipelines.promotion_request')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('position', '<', before)
      if (state !== undefined) query = query.where('state', '=', state)
      return query.orderBy('position', 'desc').limit(limit).execute()
    },

    /** Those that nobody has decided in time. */
    overdue(now: Date): Promise<RequestRow[]> {
      return tables
        .selectFrom('pipelines.promotion_request')
        .selectAll()
        .where('state', '=', 'pending')
        .where('expires_at', '<=', now)
        .limit(100)
        .execute()
    },

    close(
      id: string,
      outcome: Pick<RequestRow, 'state' | 'decided_by' | 'reason' | 'decided_at'>,
    ): Promise<RequestRow> {
      return tables
        .updateTable('pipelines.promotion_request')
        .set(outcome)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
    },
  }
}
