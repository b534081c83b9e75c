import { type Insertable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import type { AttemptRow, StepRow } from './store.ts'
import { readableBy, type RunTarget } from './target.ts'

/** A step that succeeded by itself, with what it left. */
export interface ResultRow extends Pick<
  AttemptRow,
  'run_id' | 'step_key' | 'ended_at' | 'outputs' | 'small_values' | 'metrics'
> {}

/** Every query on what results depend on, and on results that others may take over. */
export function cacheStore(db: Db) {
  const tables = db.$pickTables<'pipelines.run' | 'pipelines.step' | 'pipelines.attempt'>()

  return {
    /** The newest own result of any step with this cache key that a run may read; one of its own sample comes first. */
    findResult(projectId: string, cacheKey: string, reader: RunTarget): Promise<ResultRow | undefined> {
      return tables
        .selectFrom('pipelines.step as s')
        .innerJoin('pipelines.attempt as a', (join) =>
          join.onRef('a.run_id', '=', 's.run_id').onRef('a.step_key', '=', 's.key').on('a.state', '=', 'succeeded'),
        )
        .innerJoin('pipelines.run as r', 'r.id', 's.run_id')
        .select(['a.run_id', 'a.step_key', 'a.ended_at', 'a.outputs', 'a.small_values', 'a.metrics'])
        .where('s.project_id', '=', projectId)
        .where('s.cache_key', '=', cacheKey)
        .where('s.state', '=', 'succeeded')
        .where(readableBy(reader))
        .orderBy(sql`r.sample is not null`, 'desc')
        .orderBy('a.ended_at', 'desc')
        .limit(1)
        .executeTakeFirst()
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

    /** The newest step of this key whose parts are known and which a run may read; before a run, when one is given. */
    stepBefore(
      projectId: string,
      pipeline: string,
      key: string,
      runId: string | undefined,
      reader: RunTarget,
    ): Promise<(Pick<StepRow, 'run_id' | 'state' | 'ended_at'> & { cache_parts: unknown }) | undefined> {
      let query = tables
        .selectFrom('pipelines.step as s')
        .innerJoin('pipelines.run as r', 'r.id', 's.run_id')
        .select(['s.run_id', 's.state', 's.cache_parts', 's.ended_at'])
        .where('s.project_id', '=', projectId)
        .where('s.key', '=', key)
        .where('r.pipeline', '=', pipeline)
        .where('s.cache_parts', 'is not', null)
        .where(readableBy(reader))
      if (runId !== undefined) query = query.where('s.run_id', '<', runId)
      return query.orderBy('s.run_id', 'desc').limit(1).executeTakeFirst()
    },

    async saveLookUp(
      runId: string,
      key: string,
      found: Pick<Insertable<Database['pipelines.step']>, 'cache_key' | 'cache_parts' | 'reused'>,
    ): Promise<void> {
      await tables.updateTable('pipelines.step').set(found).where('run_id', '=', runId).where('key', '=', key).execute()
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
