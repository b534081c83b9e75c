import { type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import { type KeyValue, pairs } from './pairs.ts'

export interface LoggedModelKey {
  readonly projectId: string
  readonly modelId: string
}

/** Integers of 64 bits come as text. */
interface MetricValue {
  readonly key: string
  readonly value: number | 'NaN' | 'Infinity' | '-Infinity'
  readonly timestamp: string
  readonly step: string
  readonly run: string
  readonly dataset: string
  readonly digest: string
}

export type LoggedModelRow = Selectable<Database['tracking.logged_model']> & {
  readonly params: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly metrics: readonly MetricValue[]
}

type Table = 'tracking.logged_model_param' | 'tracking.logged_model_tag'

const pairsOf = (table: Table) => sql<Readonly<Record<string, string>>>`coalesce((
  select jsonb_object_agg(p.key, p.value) from ${sql.table(table)} p where p.model_number = m.model_number
), '{}')`

const metricsOf = sql<readonly MetricValue[]>`coalesce((
  select jsonb_agg(jsonb_build_object('key', v.key, 'value', v.value, 'timestamp', v.timestamp_ms::text,
    'step', v.step::text, 'run', v.run_id, 'dataset', v.dataset_name, 'digest', v.dataset_digest)
    order by v.key, v.run_id, v.dataset_name, v.dataset_digest)
  from tracking.logged_model_metric v where v.model_number = m.model_number
), '[]')`

/** Everything that belongs to a model `m`. */
export const belongings = [
  pairsOf('tracking.logged_model_param').as('params'),
  pairsOf('tracking.logged_model_tag').as('tags'),
  metricsOf.as('metrics'),
] as const

/** Every query on one logged model; searches lie in `search/`. */
export function loggedModelStore(db: Db) {
  const tables = db.$pickTables<'tracking.logged_model' | Table>()

  return {
    async add(
      model: Omit<Selectable<Database['tracking.logged_model']>, 'model_number' | 'deleted_ms'>,
    ): Promise<number> {
      const { model_number } = await tables
        .insertInto('tracking.logged_model')
        .values(model)
        .returning('model_number')
        .executeTakeFirstOrThrow()
      return model_number
    },

    find: ({ projectId, modelId }: LoggedModelKey): Promise<LoggedModelRow | undefined> =>
      tables
        .selectFrom('tracking.logged_model as m')
        .selectAll('m')
        .select(belongings)
        .where('m.project_id', '=', projectId)
        .where('m.model_id', '=', modelId)
        .executeTakeFirst(),

    /** Models that these runs logged, deleted ones too. */
    ofRuns: (projectId: string, runIds: readonly string[]) =>
      tables
        .selectFrom('tracking.logged_model')
        .select(['model_number', 'model_id', 'source_run_id', 'artifact_uri'])
        .where('project_id', '=', projectId)
        .where('source_run_id', '=', sql<string>`any(${[...runIds]}::text[])`)
        .orderBy('model_number')
        .execute(),

    /** Reads the row of a model and keeps it locked until the transaction ends. */
    lock: ({ projectId, modelId }: LoggedModelKey) =>
      tables
        .selectFrom('tracking.logged_model')
        .select(['model_number', 'deleted_ms'])
        .where('project_id', '=', projectId)
        .where('model_id', '=', modelId)
        .forUpdate()
        .executeTakeFirst(),

    async change(
      modelNumber: number,
      change: { status?: LoggedModelRow['status']; deleted_ms?: number; updated_ms: number },
    ): Promise<void> {
      await tables.updateTable('tracking.logged_model').set(change).where('model_number', '=', modelNumber).execute()
    },

    /** Adds params that are not there yet. @returns keys of those that are, with another value */
    async addParams(modelNumber: number, params: readonly KeyValue[]): Promise<readonly string[]> {
      await sql`
        insert into tracking.logged_model_param (model_number, key, value)
        select ${modelNumber}, key, value from ${pairs(params)}
        on conflict do nothing`.execute(db)
      const { rows } = await sql<{ key: string }>`
        select key from ${pairs(params)} join tracking.logged_model_param p using (key)
        where p.model_number = ${modelNumber} and p.value <> sent.value`.execute(db)
      return rows.map(({ key }) => key)
    },

    /** @param tags - each key once */
    async putTags(modelNumber: number, tags: readonly KeyValue[]): Promise<void> {
      if (tags.length === 0) return
      await tables
        .insertInto('tracking.logged_model_tag')
        .values(tags.map(({ key, value }) => ({ model_number: modelNumber, key, value })))
        .onConflict((conflict) =>
          conflict.columns(['model_number', 'key']).doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
        )
        .execute()
    },

    /** @returns whether it was there */
    async deleteTag(modelNumber: number, key: string): Promise<boolean> {
      const { numDeletedRows } = await tables
        .deleteFrom('tracking.logged_model_tag')
        .where('model_number', '=', modelNumber)
        .where('key', '=', key)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}
