import { sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import type { ModelKey } from '../store.ts'

interface Detail {
  /** Of an alias or a stage label, or what the gate said. */
  readonly name: string | null
  readonly previous: string | null
}

export interface HistoryRow extends Detail {
  readonly kind: 'registered' | 'gate' | 'override' | 'alias' | 'stage' | 'card'
  /** Tells it from others of its kind. */
  readonly id: string
  readonly at: Date
  readonly by: string | null
  readonly version: number | null
  readonly why: string | null
}

export interface Span {
  readonly until: Date
  readonly limit: number
  readonly version: number | undefined
}

/** What the registry knows of the history of a model, newest first. */
export async function listHistory(db: Db, { projectId, model }: ModelKey, { until, limit, version }: Span) {
  const mine = sql`project_id = ${projectId} and model = ${model}`
  const { rows } = await sql<HistoryRow>`
    select * from (
      select 'registered' as kind, version::text as id, created_at as at, created_by as by, version,
        lineage -> 'trigger' ->> 'says' as why, null as name, null as previous
      from registry.model_version where ${mine} and deleted_at is null
      union all
      select 'gate', version::text, (gate ->> 'decidedAt')::timestamptz, null, version, gate ->> 'says', gate ->> 'passed', null
      from registry.model_version where ${mine} and deleted_at is null and gate is not null
      union all
      select 'override', version::text, (gate -> 'override' ->> 'at')::timestamptz, gate -> 'override' ->> 'by', version,
        gate -> 'override' ->> 'reason', null, null
      from registry.model_version where ${mine} and deleted_at is null and jsonb_typeof(gate -> 'override') = 'object'
      union all
      select 'alias', position::text, moved_at, moved_by, coalesce(version, previous_version), reason,
        case when version is null then '-' else '+' end || alias, previous_version::text
      from registry.alias_move where ${mine}
      union all
      select 'stage', position::text, moved_at, moved_by, version, null, label, previous_label
      from registry.stage_move where ${mine}
      union all
      select 'card', version || '.' || revision, edited_at, edited_by, version, reason,
        '+' || added_lines || ' −' || removed_lines, null
      from registry.card_edit where ${mine} and revision > 0
    ) history
    where at <= ${until} and (${version ?? null}::int is null or version = ${version ?? null}::int)
    order by at desc, kind, id desc limit ${limit}`.execute(db)
  return rows
}

/** Every number that is there. */
export async function versionNumbers(db: Db, { projectId, model }: ModelKey): Promise<number[]> {
  const rows = await db
    .$pickTables<'registry.model_version'>()
    .selectFrom('registry.model_version')
    .select('version')
    .where('project_id', '=', projectId)
    .where('model', '=', model)
    .where('deleted_at', 'is', null)
    .execute()
  return rows.map(({ version }) => version)
}
