import { sql, type Selectable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import { documentOf } from '../../platform/storable.ts'
import type { Moment, Told } from './due.ts'
import type { Learned } from './graph-store.ts'

export type EventRow = Selectable<Database['lineage.event']>

interface NewEvent {
  /** What tells it apart from all others of its project. */
  readonly dedupe_key: string
  readonly event_type: string | null
  readonly event_time: string
  readonly job: string | null
  readonly run_id: string | null
  readonly body: object
}

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

    /** In their order. @returns the ids of those that were not there yet, by their keys */
    async addEvents(
      { projectId, origin, now }: Learned,
      rows: readonly NewEvent[],
    ): Promise<ReadonlyMap<string, number>> {
      const added = await sql<{ id: number; dedupe_key: string }>`
        insert into lineage.event (
          project_id, origin, dedupe_key, event_type, event_time, job, run_id, body, received_at
        )
        select ${projectId}, ${origin}, dedupe_key, event_type, event_time, job, run_id, body, ${now}::timestamptz
        from rows from (jsonb_to_recordset(${documentOf(rows)}::jsonb) as (
          dedupe_key text, event_type text, event_time timestamptz, job text, run_id text, body jsonb
        )) with ordinality as e(dedupe_key, event_type, event_time, job, run_id, body, position)
        order by position
        on conflict (project_id, dedupe_key) do nothing
        returning id, dedupe_key`.execute(db)
      return new Map(added.rows.map(({ id, dedupe_key }) => [dedupe_key, id]))
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

    async markTold(runId: string, moments: readonly Moment[]): Promise<void> {
      await sql`
        insert into lineage.emitted (run_id, step_key, attempt, event_type, moment)
        select ${runId}, step, attempt, type, at
        from jsonb_to_recordset(${documentOf(moments)}::jsonb) as m(step text, attempt int, type text, at timestamptz)`.execute(
        db,
      )
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
