import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { RunKey, RunRow } from './run-store.ts'

interface DatasetRow {
  readonly name: string
  readonly digest: string
  readonly source_type: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
  readonly tags: Readonly<Record<string, string>>
}

export interface WholeRunRow extends RunRow {
  readonly params: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  /** Numbers as text, which keeps NaN and integers beyond 2^53. */
  readonly metrics: readonly {
    readonly key: string
    readonly value: string
    readonly timestamp_ms: string
    readonly step: string
  }[]
  readonly datasets: readonly DatasetRow[]
  readonly models: readonly {
    readonly direction: 'input' | 'output'
    readonly model_id: string
    readonly step: string
  }[]
}

/** Reads a run with all that belongs to it, in one statement. */
export async function findWholeRun(db: Db, { projectId, runId }: RunKey): Promise<WholeRunRow | undefined> {
  const { rows } = await sql<WholeRunRow>`
    select r.*,
      (select coalesce(json_object_agg(key, value order by key), '{}') from tracking.run_param p
        where p.run_number = r.run_number) as params,
      (select coalesce(json_object_agg(key, value order by key), '{}') from tracking.run_tag t
        where t.run_number = r.run_number) as tags,
      (select coalesce(json_agg(json_build_object('key', k.key, 'value', s.last_value::text,
          'timestamp_ms', s.last_timestamp_ms::text, 'step', s.last_step::text) order by k.key), '[]')
        from tracking.metric_summary s join tracking.metric_key k using (key_id)
        where s.run_number = r.run_number) as metrics,
      (select coalesce(json_agg(json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type,
          'source', d.source, 'schema', d.schema, 'profile', d.profile, 'tags', i.tags) order by d.dataset_number), '[]')
        from tracking.run_dataset i join tracking.dataset d using (dataset_number)
        where i.run_number = r.run_number) as datasets,
      (select coalesce(json_agg(json_build_object('direction', m.direction, 'model_id', m.model_id,
          'step', m.step::text) order by m.direction, m.step, m.model_id), '[]')
        from tracking.run_model m where m.run_number = r.run_number) as models
    from tracking.run r where r.project_id = ${projectId} and r.run_id = ${runId}`.execute(db)
  return rows[0]
}
