import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { ModelPoint, Point } from './batch.ts'
import { lockedRun, type RunKey, type RunState } from './run-store.ts'

/** Numbers as one text: many times as fast as the list that the driver would write, and exact for NaN and int64. */
const numbers = (values: readonly (number | bigint)[], type: 'int' | 'bigint' | 'float8'): RawBuilder<unknown> =>
  sql`${`{${values.join(',')}}`}::${sql.raw(type)}[]`

const isNewer = sql`(excluded.last_step, excluded.last_timestamp_ms, excluded.last_value)
  > (s.last_step, s.last_timestamp_ms, s.last_value)`

const newer = (column: 'last_step' | 'last_timestamp_ms' | 'last_value') => {
  const name = sql.raw(column)
  return sql`${name} = case when ${isNewer} then excluded.${name} else s.${name} end`
}

/** What writes points. What reads them is in `history-store.ts`. */
export function metricStore(db: Db) {
  return {
    /**
     * Adds points to an active run and brings the summaries of their metrics up to date, out of what was new: a batch
     * that comes twice counts once. Rows are written in the order of their keys, so that no two writers wait for each
     * other.
     *
     * @param ifThere - what happens to a point that the run has: `skip` looks for each, `fail` costs a third less
     */
    async addPoints(
      run: RunKey,
      points: readonly Point[],
      keyIds: ReadonlyMap<string, number>,
      ifThere: 'skip' | 'fail',
    ): Promise<RunState | undefined> {
      const column = <V extends number | bigint>(type: 'int' | 'bigint' | 'float8', pick: (point: Point) => V) =>
        numbers(points.map(pick), type)
      const keys = column('int', ({ key }) => keyIds.get(key)!)
      const steps = column('bigint', ({ step }) => step)
      const times = column('bigint', ({ timestampMs }) => timestampMs)
      const values = column('float8', ({ value }) => value)
      const { rows } = await sql<RunState>`
        with ${lockedRun(run)}, added as (
          insert into tracking.metric_point (run_number, key_id, step, timestamp_ms, value)
          select run_number, key_id, step, timestamp_ms, value
          from run, unnest(${keys}, ${steps}, ${times}, ${values}) as sent (key_id, step, timestamp_ms, value)
          where deleted_ms is null
          order by key_id, step, timestamp_ms, value
          ${sql.raw(ifThere === 'skip' ? 'on conflict do nothing' : '')}
          returning run_number, key_id, step, timestamp_ms, value
        ), summarised as (
          insert into tracking.metric_summary as s
            (run_number, key_id, last_step, last_timestamp_ms, last_value, min_value, max_value, point_count)
          select distinct on (key_id) run_number, key_id, step, timestamp_ms, value,
            min(value) filter (where value <> 'NaN') over metric,
            max(value) filter (where value <> 'NaN') over metric,
            count(*) over metric
          from added window metric as (partition by key_id)
          order by key_id, step desc, timestamp_ms desc, value desc
          on conflict (run_number, key_id) do update set
            ${newer('last_step')}, ${newer('last_timestamp_ms')}, ${newer('last_value')},
            min_value = least(s.min_value, excluded.min_value),
            max_value = greatest(s.max_value, excluded.max_value),
            point_count = s.point_count + excluded.point_count
        )
        select * from run`.execute(db)
      return rows[0]
    },

    /** Numbers of the metrics that the project has. */
    async findKeys(projectId: string, keys: readonly string[]): Promise<{ key: string; key_id: number }[]> {
      const { rows } = await sql<{ key: string; key_id: number }>`
        select key, key_id from tracking.metric_key
        where project_id = ${projectId} and key = any(${[...keys]}::text[])`.execute(db)
      return rows
    },

    async addKeys(projectId: string, keys: readonly string[]): Promise<void> {
      await sql`
        insert into tracking.metric_key (project_id, key)
        select ${projectId}, key from unnest(${[...keys]}::text[]) as sent (key) order by key
        on conflict do nothing`.execute(db)
    },

    /** @returns those of the logged models that are not there, or were deleted */
    async missingModels(projectId: string, modelIds: readonly string[]): Promise<string[]> {
      const { rows } = await sql<{ model_id: string }>`
        select model_id from unnest(${[...modelIds]}::text[]) as sent (model_id)
        where not exists (
          select from tracking.logged_model m
          where m.project_id = ${projectId} and m.model_id = sent.model_id and m.deleted_ms is null
        )`.execute(db)
      return rows.map(({ model_id }) => model_id)
    },

    /** Keeps the newest point of each metric and data set of the logged models. */
    async putModelPoints({ projectId, runId }: RunKey, points: readonly ModelPoint[]): Promise<void> {
      const texts = (pick: (point: ModelPoint) => string) => sql`${points.map(pick)}::text[]`
      const counts = (pick: (point: ModelPoint) => number | bigint) => numbers(points.map(pick), 'bigint')
      const values = numbers(
        points.map(({ value }) => value),
        'float8',
      )
      await sql`
        insert into tracking.logged_model_metric as m
          (model_number, run_id, key, dataset_name, dataset_digest, value, timestamp_ms, step)
        select distinct on (model_number, key, dataset_name, dataset_digest)
          model_number, ${runId}, key, dataset_name, dataset_digest, value, timestamp_ms, step
        from unnest(
          ${texts(({ modelId }) => modelId)}, ${texts(({ key }) => key)},
          ${texts(({ datasetName }) => datasetName)}, ${texts(({ datasetDigest }) => datasetDigest)},
          ${values}, ${counts(({ timestampMs }) => timestampMs)}, ${counts(({ step }) => step)}
        ) as sent (model_id, key, dataset_name, dataset_digest, value, timestamp_ms, step)
        join tracking.logged_model using (model_id)
        where project_id = ${projectId} and deleted_ms is null
        order by model_number, key, dataset_name, dataset_digest, step desc, timestamp_ms desc, value desc
        on conflict (model_number, run_id, key, dataset_name, dataset_digest) do update
        set value = excluded.value, timestamp_ms = excluded.timestamp_ms, step = excluded.step
        where (excluded.step, excluded.timestamp_ms, excluded.value) > (m.step, m.timestamp_ms, m.value)`.execute(db)
    },
  }
}
