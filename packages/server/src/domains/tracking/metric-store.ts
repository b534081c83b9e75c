import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { ModelPoint } from './batch.ts'
import { numbers } from './numbers.ts'
import type { RunKey } from './run-store.ts'

/** Names of metrics, and what logged models keep of them. Points of runs are in `journal-store.ts`. */
export function metricStore(db: Db) {
  return {
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
