import { sql, type Insertable, type Selectable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import type { Moment, Told } from './due.ts'

type EventTable = Database['lineage.event']
export type EventRow = Selectable<EventTable>

export interface EventFilter {
  readonly run?: string | undefined
  readonly origin?: 'own' | 'received' | undefined
  /** Only events with a smaller id. */
  readonly before?: number | undefined
}

/** Events, and what of our runs was told. */
export function lineageStore(db: Db) {
  const tables = db.$pickTables<'lineage.event' | 'lineage.emitted' | 'lineage.open_run'>()

  return {
    /**
     * Waits for the turn of this writer and keeps it until the transaction ends: ids become visible in their order, and no
     * two writers meet in the same nodes.
     */
    async takeTurn(projectId: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`lineage/${projectId}`}, 0))`.execute(db)
    },

    /** Returns the id, or undefined when the event is there already. */
    async addEvent(row: Insertable<EventTable>): Promise<number | undefined> {
      const added = await tables
        .insertInto('lineage.event')
        .values(row)
        .onConflict((conflict) => conflict.columns(['project_id', 'dedupe_key']).doNothing())
        .returning('id')
        .executeTakeFirst()
      return added?.id
    },

    findEvent: (projectId: string, dedupeKey: string) =>
      tables
        .selectFrom('lineage.event')
        .select('id')
        .where('project_id', '=', projectId)
        .where('dedupe_key', '=', dedupeKey)
        .executeTakeFirst(),

    listEvents(projectId: string, { run, origin, before }: EventFilter, limit: number): Promise<EventRow[]> {
      return tables
        .selectFrom('lineage.event')
        .selectAll()
        .where('project_id', '=', projectId)
        .$if(run !== undefined, (query) => query.where('run_id', '=', run!))
        .$if(origin !== undefined, (query) => query.where('origin', '=', origin!))
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
    },

    async toldOf(runId: string): Promise<Told[]> {
      const rows = await tables
        .selectFrom('lineage.emitted')
        .select(['step_key', 'attempt', 'event_type', 'moment'])
        .where('run_id', '=', runId)
        .execute()
      return rows.map((row) => ({
        step: row.step_key,
        attempt: row.attempt,
        type: row.event_type as Told['type'],
        at: row.moment.toISOString(),
      }))
    },

    async markTold(runId: string, { step, attempt, type, at }: Moment): Promise<void> {
      await tables
        .insertInto('lineage.emitted')
        .values({ run_id: runId, step_key: step, attempt, event_type: type, moment: at })
        .execute()
    },

    async keepOpen(projectId: string, runId: string, now: Date): Promise<void> {
      await tables
        .insertInto('lineage.open_run')
        .values({ run_id: runId, project_id: projectId, looked_at: now })
        .onConflict((conflict) => conflict.column('run_id').doUpdateSet({ looked_at: now }))
        .execute()
    },

    async close(runId: string): Promise<void> {
      await tables.deleteFrom('lineage.open_run').where('run_id', '=', runId).execute()
    },

    /** Runs that nobody has looked at since then. */
    openSince: (before: Date) =>
      tables
        .selectFrom('lineage.open_run')
        .select(['run_id', 'project_id'])
        .where('looked_at', '<', before)
        .orderBy('looked_at')
        .limit(500)
        .execute(),
  }
}
