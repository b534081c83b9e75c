import { sql } from 'kysely'
import { blobHolders } from './blob-holders.ts'
import type { Db } from './platform/db.ts'

/** Columns that could hold a digest of stored content, or do, and need none of it; by table. */
const needNothing: Readonly<Record<string, string>> = {
  'datasets.contract': 'body',
  // Of its files and columns together, and of what was sent: neither is a file of its own.
  'datasets.version': 'digest source_digest columns checks profile',
  'deployments.artifact': 'signature',
  'deployments.endpoint': 'recording plan',
  // What a node says that it has loaded: the artifact it was told to.
  'deployments.node': 'status',
  'deployments.rollout': 'plan analysis judging history',
  'features.push': 'tiles',
  'features.view_version': 'spec',
  // Which version it is about; the registry keeps it.
  'governance.approval': 'digest evidence',
  'governance.environment_policy': 'policy',
  'governance.gate_policy': 'policy',
  // Names of what others keep, or kept.
  'lineage.edge': 'source target',
  'lineage.event': 'body dedupe_key run_id',
  'lineage.node': 'id name version label of_node link',
  'lineage.target': 'spec',
  'monitoring.incident': 'what why fix',
  'monitoring.monitor': 'spec',
  'monitoring.monitor_window': 'content',
  'monitoring.prediction': 'features',
  'monitoring.segment': 'endpoints segment',
  'pipelines.approval': 'spec voices evidence_digest',
  'pipelines.attempt': 'progress holds gpus metrics runtime image handle reason',
  'pipelines.backfill': 'params time_params',
  'pipelines.metric': 'labels',
  'pipelines.pipeline_version': 'spec_digest',
  'pipelines.promotion_request': 'evidence_digest',
  'pipelines.run': 'trigger concurrency reason',
  // What a result depends on; the versions and results themselves keep it.
  'pipelines.step': 'needs cache cache_key cache_parts wants reason',
  'pipelines.trigger': 'spec',
  'pipelines.trigger_firing': 'evidence params dedupe_key occasion says',
  'pipelines.trigger_watch': 'listing source value',
  // What happened stays told when its content is gone.
  'platform.audit_checkpoint': 'hash',
  'platform.audit_entry': 'before after previous_hash hash subject',
  'platform.blob_touch': 'digest',
  'platform.live_event': 'subject',
  'platform.live_pending': 'subject',
  'platform.migration': 'checksum',
  'projects.token': 'hash',
  'registry.model_version': 'signature metrics params evaluation gate canary baselines lineage',
  'storage.collection': 'counts',
  'traces.assessment': 'value error metadata',
  'traces.span': 'body usage cost',
  'traces.trace': 'tags metadata',
  // Of clients: a name of their data set, which lies with them.
  'tracking.dataset': 'digest source schema profile',
  'tracking.logged_model_metric': 'dataset_digest',
  'tracking.logged_model_param': 'value',
  'tracking.logged_model_tag': 'value',
  'tracking.retention_pass': 'losses',
  'tracking.retention_policy': 'policy',
  'tracking.run_dataset': 'tags',
  'tracking.run_param': 'value',
  'tracking.run_tag': 'value',
  'tracking.run_view': 'contents',
}

const known = new Set([
  ...blobHolders.flatMap(({ columns }) => columns.map(({ column }): string => column)),
  ...Object.entries(needNothing).flatMap(([table, names]) => names.split(' ').map((name) => `${table}.${name}`)),
])

interface ColumnRow {
  readonly table: string
  readonly name: string
  readonly type: string
}

/** Columns that neither a domain declares nor the list above names. */
async function unknownColumns(db: Db): Promise<ColumnRow[]> {
  const { rows } = await sql<ColumnRow>`
    select table_schema || '.' || table_name as table, column_name as name, data_type as type
    from information_schema.columns
    where table_schema not in ('information_schema', 'pg_catalog', 'pgboss', 'public')
    order by table_schema, table_name, ordinal_position`.execute(db)
  return rows.filter(({ table, name }) => !known.has(`${table}.${name}`))
}

/** Those that, by their name or type, are there to hold digests. */
export async function undeclaredColumns(db: Db): Promise<string[]> {
  const columns = await unknownColumns(db)
  const suspects = columns.filter(
    ({ name, type }) => /digest|golden|hash|sha256|checksum/.test(name) || type === 'jsonb',
  )
  return suspects.map(({ table, name }) => `${table}.${name}`)
}

/** Those that hold one of stored content now, whatever their name is. */
export async function undeclaredDigests(db: Db): Promise<string[]> {
  const columns = (await unknownColumns(db)).filter(({ type }) => /^(text|jsonb|ARRAY)$/.test(type))
  const looks = columns.map(
    ({ table, name }) => sql`
      select ${`${table}.${name}`}::text as found where exists (
        select from ${sql.table(table)} held, regexp_matches(held.${sql.ref(name)}::text, 'sha256:[0-9a-f]{64}', 'g') named
        join platform.blob_touch stored on stored.digest = named[1])`,
  )
  const { rows } = await sql<{ found: string }>`${sql.join(looks, sql` union all `)}`.execute(db)
  return rows.map(({ found }) => found)
}

export const howToDeclare =
  'A column holds digests of stored content. Name it in the blob-holder.ts of its domain, or its content is deleted as ' +
  'garbage; if it needs none of it, say so in testing-digests.ts.'
