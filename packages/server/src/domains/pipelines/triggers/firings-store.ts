import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import type { TriggerKey } from './store.ts'

export type FiringRow = Selectable<Database['pipelines.trigger_firing']>

export interface FiringFilter {
  readonly pipeline?: string | undefined
  readonly trigger?: string | undefined
  readonly outcome?: FiringRow['outcome'] | undefined
  /** The id of the last firing of the page before. */
  readonly cursor?: string | undefined
}

/** Every query of firings. Ids rise with time. */
export function firingsStore(db: Db) {
  const tables = db.$pickTables<'pipelines.trigger_firing'>()

  const firingsOf = ({ project_id, pipeline, name }: TriggerKey) =>
    tables.selectFrom('pipelines.trigger_firing').where((row) => row.and({ project_id, pipeline, trigger: name }))

  return {
    /** The month a schedule fired for last, as `2001-03`. */
    async newestMonth(trigger: TriggerKey): Promise<string | undefined> {
      const row = await firingsOf(trigger)
        .select(({ fn }) => fn.max('dedupe_key').as('month'))
        .where('kind', '=', 'schedule')
        .executeTakeFirst()
      return row?.month ?? undefined
    },

    firingFor(trigger: TriggerKey, dedupeKey: string): Promise<FiringRow | undefined> {
      return firingsOf(trigger).selectAll().where('dedupe_key', '=', dedupeKey).executeTakeFirst()
    },

    /** The firing that took a dataset version into account, as `events@3`. */
    firingWith(trigger: TriggerKey, version: string): Promise<FiringRow | undefined> {
      return firingsOf(trigger)
        .selectAll()
        .where('kind', '=', 'data')
        .where(sql<boolean>`evidence -> 'versions' ? ${version}`)
        .executeTakeFirst()
    },

    lastStarted(trigger: TriggerKey): Promise<FiringRow | undefined> {
      return firingsOf(trigger)
        .selectAll()
        .where('outcome', '=', 'started')
        .orderBy('fired_at', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** Rows of new data that have started nothing yet. */
    async rowsPassedOver(trigger: TriggerKey): Promise<number> {
      const row = await firingsOf(trigger)
        .select(sql<number>`coalesce(sum((evidence ->> 'rowCount')::bigint), 0)::bigint`.as('count'))
        .where('kind', '=', 'data')
        .where('outcome', '=', 'skipped')
        .where(
          'id',
          '>',
          firingsOf(trigger)
            .select(sql<string>`coalesce(max(id), '')`.as('id'))
            .where('outcome', '=', 'started'),
        )
        .executeTakeFirstOrThrow()
      return row.count
    },

    async countSince(trigger: TriggerKey, since: Date): Promise<number> {
      const row = await firingsOf(trigger)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('fired_at', '>=', since)
        .executeTakeFirstOrThrow()
      return row.count
    },

    /** What collects more of the same until it is due. */
    quietFiring(trigger: TriggerKey): Promise<FiringRow | undefined> {
      return firingsOf(trigger).selectAll().where('waits_for', '=', 'quiet').executeTakeFirst()
    },

    /** What waits for a run to end, oldest first. */
    waitingFirings(projectId: string, pipeline: string): Promise<FiringRow[]> {
      return tables
        .selectFrom('pipelines.trigger_firing')
        .selectAll()
        .where((row) => row.and({ project_id: projectId, pipeline, waits_for: 'run' }))
        .orderBy('id')
        .execute()
    },

    /**
     * What has been quiet for long enough, and of each pipeline without an open run the firing that has waited longest.
     * Runs of a backfill do not count.
     */
    async dueFirings(now: Date): Promise<FiringRow[]> {
      const { rows } = await sql<FiringRow>`
        select * from pipelines.trigger_firing where outcome = 'pending' and waits_for = 'quiet' and due_at <= ${now}
        union all
        select * from (
          select distinct on (project_id, pipeline) * from pipelines.trigger_firing f
          where outcome = 'pending' and waits_for = 'run' and not exists (
            select from pipelines.run r where r.project_id = f.project_id and r.pipeline = f.pipeline
              and r.state in ('queued', 'running', 'waiting') and r.backfill_id is null and r.reproduces is null
          )
          order by project_id, pipeline, id
        ) longest`.execute(db)
      return rows
    },

    pendingOf(trigger: TriggerKey): Promise<FiringRow[]> {
      return firingsOf(trigger).selectAll().where('outcome', '=', 'pending').orderBy('id').execute()
    },

    /** The firing that started a run. */
    firingOfRun(runId: string): Promise<FiringRow | undefined> {
      return tables.selectFrom('pipelines.trigger_firing').selectAll().where('run_id', '=', runId).executeTakeFirst()
    },

    async runsEnded(projectId: string, pipeline: string, state: string, since: Date): Promise<number> {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from pipelines.run
        where project_id = ${projectId} and pipeline = ${pipeline} and state = ${state} and ended_at >= ${since}`.execute(
        db,
      )
      return rows[0]!.count
    },

    /** Adds a firing, or writes what became of it. */
    async saveFiring(row: Insertable<Database['pipelines.trigger_firing']>): Promise<void> {
      const { id: _, ...rest } = row
      await tables
        .insertInto('pipelines.trigger_firing')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
        .execute()
    },

    /** Newest first. */
    listFirings(projectId: string, filter: FiringFilter, limit: number): Promise<FiringRow[]> {
      const { pipeline, trigger, outcome, cursor } = filter
      let query = tables.selectFrom('pipelines.trigger_firing').selectAll().where('project_id', '=', projectId)
      if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline)
      if (trigger !== undefined) query = query.where('trigger', '=', trigger)
      if (outcome !== undefined) query = query.where('outcome', '=', outcome)
      if (cursor !== undefined) query = query.where('id', '<', cursor)
      return query.orderBy('id', 'desc').limit(limit).execute()
    },

    newestFirings(projectId: string): Promise<FiringRow[]> {
      return tables
        .selectFrom('pipelines.trigger_firing')
        .distinctOn(['pipeline', 'trigger'])
        .selectAll()
        .where('project_id', '=', projectId)
        .orderBy('pipeline')
        .orderBy('trigger')
        .orderBy('id', 'desc')
        .execute()
    },
  }
}
