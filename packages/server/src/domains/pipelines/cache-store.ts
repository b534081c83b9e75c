import { sql } from 'kysely'
import { type Db, json } from '../../platform/db.ts'
import type { AttemptRow, StepRow } from './store.ts'
import { readableBy, type RunTarget } from './target.ts'

/** A step that succeeded by itself, with what it left. */
export interface ResultRow extends Pick<
  AttemptRow,
  'run_id' | 'step_key' | 'ended_at' | 'outputs' | 'small_values' | 'metrics'
> {}

/** A step as it was the last time. */
export type StepBefore = Pick<StepRow, 'run_id' | 'state' | 'ended_at'> & { readonly cache_parts: unknown }

interface StepsOf {
  readonly projectId: string
  readonly pipeline: string
  readonly keys: readonly string[]
  readonly runId?: string | undefined
}

/** Every query on what results depend on, and on results that others may take over. */
export function cacheStore(db: Db) {
  const tables = db.$pickTables<'pipelines.run' | 'pipelines.step' | 'pipelines.attempt'>()

  return {
    /**
     * By cache key, the newest own result of any step that has it and which a run may read; one of its own sample comes
     * first.
     */
    async findResults(
      projectId: string,
      cacheKeys: readonly string[],
      reader: RunTarget,
    ): Promise<ReadonlyMap<string, ResultRow>> {
      if (cacheKeys.length === 0) return new Map()
      const rows = await tables
        .selectFrom(
          sql<{ cache_key: string }>`(select distinct unnest(${cacheKeys}::text[]) as cache_key)`.as('wanted'),
        )
        .innerJoinLateral(
          (lateral) =>
            lateral
              .selectFrom('pipelines.step as s')
              .innerJoin('pipelines.attempt as a', (join) =>
                join
                  .onRef('a.run_id', '=', 's.run_id')
                  .onRef('a.step_key', '=', 's.key')
                  .on('a.state', '=', 'succeeded'),
              )
              .innerJoin('pipelines.run as r', 'r.id', 's.run_id')
              .select(['a.run_id', 'a.step_key', 'a.ended_at', 'a.outputs', 'a.small_values', 'a.metrics'])
              .where('s.project_id', '=', projectId)
              .whereRef('s.cache_key', '=', 'wanted.cache_key')
              .where('s.state', '=', 'succeeded')
              .where(readableBy(reader))
              .orderBy(sql`r.sample is not null`, 'desc')
              .orderBy('a.ended_at', 'desc')
              .limit(1)
              .as('found'),
          (join) => join.onTrue(),
        )
        .selectAll()
        .execute()
      return new Map(rows.map((row) => [row.cache_key, row]))
    },

    /** What the result of a step depends on; null when nobody may take it over. */
    async cachePartsOf(runId: string, key: string): Promise<unknown> {
      const row = await tables
        .selectFrom('pipelines.step')
        .select('cache_parts')
        .where('run_id', '=', runId)
        .where('key', '=', key)
        .executeTakeFirst()
      return row?.cache_parts ?? null
    },

    /** By key, the newest step whose parts are known and which a run may read; before a run, when one is given. */
    async stepsBefore(
      { projectId, pipeline, keys, runId }: StepsOf,
      reader: RunTarget,
    ): Promise<ReadonlyMap<string, StepBefore>> {
      if (keys.length === 0) return new Map()
      const rows = await tables
        .selectFrom(sql<{ key: string }>`unnest(${keys}::text[])`.as<'wanted'>(sql`wanted(key)`))
        .innerJoinLateral(
          (lateral) =>
            lateral
              .selectFrom('pipelines.step as s')
              .innerJoin('pipelines.run as r', 'r.id', 's.run_id')
              .select(['s.run_id', 's.state', 's.cache_parts', 's.ended_at'])
              .where('s.project_id', '=', projectId)
              .whereRef('s.key', '=', 'wanted.key')
              .where('r.pipeline', '=', pipeline)
              .where('s.cache_parts', 'is not', null)
              .where(readableBy(reader))
              .$if(runId !== undefined, (query) => query.where('s.run_id', '<', runId!))
              .orderBy('s.run_id', 'desc')
              .limit(1)
              .as('found'),
          (join) => join.onTrue(),
        )
        .selectAll()
        .execute()
      return new Map(rows.map((row) => [row.key, row]))
    },

    /** What was found for steps of a run, and what their results depend on. */
    async saveLookUps(
      runId: string,
      found: readonly {
        readonly key: string
        readonly cache_key: string | null
        readonly cache_parts: object | null
        readonly reused: object | null
      }[],
    ): Promise<void> {
      await sql`
        update pipelines.step s set cache_key = f.cache_key, cache_parts = f.cache_parts, reused = f.reused
        from jsonb_to_recordset(${json(found)}::jsonb) as f(key text, cache_key text, cache_parts jsonb, reused jsonb)
        where s.run_id = ${runId} and s.key = f.key`.execute(db)
    },

    /** What these steps of a run took over from earlier runs. */
    reusedOf(runId: string, steps: readonly string[]): Promise<Pick<StepRow, 'key' | 'reused'>[]> {
      return tables
        .selectFrom('pipelines.step')
        .select(['key', 'reused'])
        .where('run_id', '=', runId)
        .where('key', 'in', [...steps])
        .where('reused', 'is not', null)
        .execute()
    },

    /** Median duration of the last ten successes of each step of a pipeline, on all of its data. */
    async typicalDurations(projectId: string, pipeline: string): Promise<{ key: string; ms: number }[]> {
      const { rows } = await sql<{ key: string; ms: number }>`
        select step_key as key, percentile_cont(0.5) within group (order by ms) as ms from (
          select a.step_key, extract(epoch from a.ended_at - a.started_at)::float8 * 1000 as ms,
            row_number() over (partition by a.step_key order by a.ended_at desc) as newest
          from pipelines.attempt a join pipelines.run r on r.id = a.run_id
          where r.project_id = ${projectId} and r.pipeline = ${pipeline} and a.state = 'succeeded'
            and r.sample is null
        ) recent where newest <= 10 group by step_key`.execute(db)
      return rows
    },
  }
}
