import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import type { RunRow } from '../store.ts'

export type BackfillRow = Selectable<Database['pipelines.backfill']>
export type PartitionRow = Selectable<Database['pipelines.backfill_partition']>
type NewPartition = Insertable<Database['pipelines.backfill_partition']>

/** A partition as it is decided on, with the run of its newest try. */
export interface PartitionLook extends Pick<PartitionRow, 'position' | 'state' | 'run_id'> {
  readonly run_state: RunRow['state'] | null
  readonly run_reason: string | null
}

export interface BackfillFilter {
  readonly pipeline?: string | undefined
  readonly state?: BackfillRow['state'] | undefined
  /** The id of the last backfill of the page before. */
  readonly cursor?: string | undefined
}

/** One statement has room for 65,535 values. */
const rowsAtOnce = 5000

/** Every query of backfills and their partitions. */
export function backfillsStore(db: Db) {
  const tables = db.$pickTables<
    'pipelines.backfill' | 'pipelines.backfill_partition' | 'pipelines.run' | 'pipelines.pipeline_version'
  >()

  return {
    async addBackfill(row: Insertable<Database['pipelines.backfill']>, partitions: readonly NewPartition[]) {
      await tables.insertInto('pipelines.backfill').values(row).execute()
      for (let at = 0; at < partitions.length; at += rowsAtOnce) {
        const rows = partitions.slice(at, at + rowsAtOnce)
        await tables.insertInto('pipelines.backfill_partition').values(rows).execute()
      }
    },

    findBackfill(projectId: string, id: string): Promise<BackfillRow | undefined> {
      return tables
        .selectFrom('pipelines.backfill')
        .selectAll()
        .where((row) => row.and({ id, project_id: projectId }))
        .executeTakeFirst()
    },

    /** The first statement of everything that changes a backfill. */
    lockBackfill(id: string): Promise<BackfillRow | undefined> {
      return tables.selectFrom('pipelines.backfill').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
    },

    async saveBackfill(id: string, change: Partial<Insertable<Database['pipelines.backfill']>>): Promise<void> {
      await tables.updateTable('pipelines.backfill').set(change).where('id', '=', id).execute()
    },

    /** Newest first. */
    listBackfills(projectId: string, filter: BackfillFilter, limit: number): Promise<BackfillRow[]> {
      const { pipeline, state, cursor } = filter
      let query = tables.selectFrom('pipelines.backfill').selectAll().where('project_id', '=', projectId)
      if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline)
      if (state !== undefined) query = query.where('state', '=', state)
      if (cursor !== undefined) query = query.where('id', '<', cursor)
      return query.orderBy('id', 'desc').limit(limit).execute()
    },

    /** Those that may have something to do, the oldest first. */
    async backfillsToLookAt(): Promise<string[]> {
      const { rows } = await sql<{ id: string }>`
        select id from pipelines.backfill where state = 'running'
        union select backfill_id from pipelines.backfill_partition where state = 'running'
        order by id`.execute(db)
      return rows.map(({ id }) => id)
    },

    /**
     * The partitions that a decision depends on, oldest first: what has succeeded or was skipped stays so, and of those
     * that wait only the next few matter, unless all of them are given up.
     */
    async look({ id, state, run_order, max_active }: BackfillRow): Promise<PartitionLook[]> {
      const direction = sql.raw(run_order === 'oldest' ? 'asc' : 'desc')
      const { rows } = await sql<PartitionLook>`
        select p.position, p.state, p.run_id, r.state as run_state, r.reason as run_reason
        from pipelines.backfill_partition p left join pipelines.run r on r.id = p.run_id
        where p.backfill_id = ${id} and (p.state in ('running', 'failed', 'cancelled') or p.position in (
          select position from pipelines.backfill_partition where backfill_id = ${id} and state = 'pending'
          order by position ${direction} limit ${state === 'cancelled' ? null : max_active}
        ))
        order by p.position`.execute(db)
      return rows
    },

    findPartition(backfillId: string, position: number): Promise<PartitionRow> {
      return tables
        .selectFrom('pipelines.backfill_partition')
        .selectAll()
        .where((row) => row.and({ backfill_id: backfillId, position }))
        .executeTakeFirstOrThrow()
    },

    async savePartitions(
      backfillId: string,
      positions: readonly number[],
      change: Pick<PartitionRow, 'state'> & Partial<NewPartition>,
    ): Promise<void> {
      await tables
        .updateTable('pipelines.backfill_partition')
        .set(change)
        .where('backfill_id', '=', backfillId)
        .where('position', 'in', sql<number>`(select unnest(${[...positions]}::int[]))`)
        .execute()
    },

    /** Lets partitions in these states run once more, with a new run each. @returns how many */
    async reopenPartitions(backfillId: string, states: readonly PartitionRow['state'][]): Promise<number> {
      const { numUpdatedRows } = await tables
        .updateTable('pipelines.backfill_partition')
        .set({ state: 'pending', reason: null, run_id: null })
        .where('backfill_id', '=', backfillId)
        .where('state', 'in', [...states])
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },

    /** Oldest first; `after` is the position of the last one of the page before. */
    listPartitions(
      backfillId: string,
      { state, after }: { readonly state?: PartitionRow['state'] | undefined; readonly after?: number | undefined },
      limit: number,
    ): Promise<PartitionRow[]> {
      let query = tables.selectFrom('pipelines.backfill_partition').selectAll().where('backfill_id', '=', backfillId)
      if (state !== undefined) query = query.where('state', '=', state)
      if (after !== undefined) query = query.where('position', '>', after)
      return query.orderBy('position').limit(limit).execute()
    },

    /** How many partitions are in each state, and the one version of all of them, if there is one. */
    async countPartitions(
      backfillIds: readonly string[],
    ): Promise<{ backfill_id: string; state: PartitionRow['state']; count: number; oldest: number; newest: number }[]> {
      return tables
        .selectFrom('pipelines.backfill_partition')
        .select(({ fn }) => [
          'backfill_id',
          'state',
          fn.countAll<number>().as('count'),
          fn.min('version').as('oldest'),
          fn.max('version').as('newest'),
        ])
        .where('backfill_id', 'in', [...backfillIds])
        .groupBy(['backfill_id', 'state'])
        .execute()
    },

    /** Every version of a pipeline and since when it was in force, ascending. */
    versionTimes(projectId: string, pipeline: string): Promise<{ version: number; created_at: Date }[]> {
      return tables
        .selectFrom('pipelines.pipeline_version')
        .select(['version', 'created_at'])
        .where((row) => row.and({ project_id: projectId, pipeline }))
        .orderBy('version')
        .execute()
    },

    /** Runs of everybody that have work to do now. */
    async busyRuns(): Promise<number> {
      const { count } = await tables
        .selectFrom('pipelines.run')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('state', 'in', ['queued', 'running'])
        .executeTakeFirstOrThrow()
      return count
    },

    /** Median of the last ten successful runs of a backfill, or of a pipeline while it has none; null when there is none. */
    async typicalRunMs(projectId: string, pipeline: string, backfillId: string | null): Promise<number | null> {
      const { rows } = await sql<{ ms: number | null }>`
        with recent as (
          (select 1 as rank, started_at, ended_at from pipelines.run
            where backfill_id = ${backfillId} and state = 'succeeded' order by ended_at desc limit 10)
          union all
          (select 2, started_at, ended_at from pipelines.run
            where project_id = ${projectId} and pipeline = ${pipeline} and state = 'succeeded' order by id desc limit 10)
        )
        select percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)::float8 * 1000) as ms
        from recent where started_at is not null and rank = (select min(rank) from recent)`.execute(db)
      return rows[0]?.ms ?? null
    },

    /** Held until the transaction ends: who counts the free slots and fills them. */
    async lockSlots(): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtext('evenkeel.backfill_slots'))`.execute(db)
    },
  }
}
