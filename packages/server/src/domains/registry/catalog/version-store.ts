import { folderSource, type NewModelVersion, type StageLabel } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../../platform/db.ts'
import type { ModelKey, VersionKey } from '../store.ts'
import type { KeyValue } from './checks.ts'

/** What the catalogue shows; signature, baselines and the like are long, and nobody asks for them here. */
const shown = [
  'v.project_id',
  'v.model',
  'v.version',
  'v.stage',
  'v.artifact_digest',
  'v.description',
  'v.card',
  'v.stage_label',
  'v.source',
  'v.source_uri',
  'v.source_run_id',
  'v.source_model_id',
  'v.run_link',
  'v.created_at',
  'v.created_by',
  'v.updated_at',
] as const

type Shown = (typeof shown)[number] extends `v.${infer Column}` ? Column : never

export type CatalogVersionRow = Pick<
  Selectable<Database['registry.model_version']>,
  Shown & keyof Database['registry.model_version']
> & {
  readonly tags: Readonly<Record<string, string>>
  readonly aliases: readonly string[]
}

export interface NewCatalogVersion extends VersionKey {
  readonly description: string
  readonly source: string
  readonly sourceUri: string
  readonly runId: string | null
  readonly modelId: string | null
  readonly runLink: string | null
  readonly createdBy: string
  readonly at: Date
  /** What is known of files that did not come from a client of MLflow. */
  readonly content?: Pick<NewModelVersion, 'metrics' | 'params' | 'card'> & {
    readonly environment: Readonly<Record<string, string>>
  }
}

/** Nothing is known of how it was made. */
const noLineage = {
  runId: null,
  pipeline: null,
  trigger: null,
  datasets: [],
  featureViews: [],
  trainedFrom: null,
  trainedUntil: null,
  trainingRowCount: null,
  commit: '',
  environment: {},
}

const ofVersion = (table: string) =>
  sql`registry.${sql.id(table)} t where t.project_id = v.project_id and t.model = v.model and t.version = v.version`

/** Every query on versions that is about more than their content. */
export function versionStore(db: Db) {
  const tables = db.$pickTables<'registry.model_version' | 'registry.version_tag' | 'registry.stage_move'>()

  const versions = (projectId: string) =>
    tables
      .selectFrom('registry.model_version as v')
      .select(shown)
      .select([
        sql<CatalogVersionRow['tags']>`coalesce(
          (select jsonb_object_agg(t.key, t.value) from ${ofVersion('version_tag')}), '{}'
        )`.as('tags'),
        sql<CatalogVersionRow['aliases']>`array(select t.alias from ${ofVersion('model_alias')} order by t.alias)`.as(
          'aliases',
        ),
      ])
      .where('v.project_id', '=', projectId)
      .where('v.deleted_at', 'is', null)

  return {
    versions,

    find: ({ projectId, model, version }: VersionKey): Promise<CatalogVersionRow | undefined> =>
      versions(projectId).where('v.model', '=', model).where('v.version', '=', version).executeTakeFirst(),

    newest: ({ projectId, model }: ModelKey): Promise<CatalogVersionRow | undefined> =>
      versions(projectId).where('v.model', '=', model).orderBy('v.version', 'desc').limit(1).executeTakeFirst(),

    /** The newest version of each model under each label, by version. */
    latest: (projectId: string, models: readonly string[]): Promise<CatalogVersionRow[]> =>
      versions(projectId)
        .where(sql<boolean>`(v.model, v.version) in (
          select l.model, max(l.version) from registry.model_version l
          where l.project_id = ${projectId} and l.model = any(${[...models]}) and l.deleted_at is null
          group by l.model, l.stage_label
        )`)
        .orderBy('v.version')
        .execute(),

    /** The newest version with this source. */
    async findSource({ projectId, model }: ModelKey, source: string): Promise<number | undefined> {
      const row = await versions(projectId)
        .where('v.model', '=', model)
        .where('v.source', '=', source)
        .orderBy('v.version', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.version
    },

    /** Where the files lie of those versions that are folders; of one version when it is given. */
    async folders({ projectId, model }: ModelKey, version?: number): Promise<string[]> {
      const rows = await versions(projectId)
        .where('v.model', '=', model)
        .where('v.source', 'like', folderSource('sha256:%'))
        .$if(version !== undefined, (query) => query.where('v.version', '=', version!))
        .execute()
      return rows.flatMap(({ source_uri: uri }) => (uri === null ? [] : [uri]))
    },

    async add(row: NewCatalogVersion): Promise<void> {
      const { metrics = {}, params = {}, card = '', environment = {} } = row.content ?? {}
      await tables
        .insertInto('registry.model_version')
        .values({
          project_id: row.projectId,
          model: row.model,
          version: row.version,
          stage: 'candidate',
          description: row.description,
          source: row.source,
          source_uri: row.sourceUri,
          source_run_id: row.runId,
          source_model_id: row.modelId,
          run_link: row.runLink,
          metrics: json(metrics),
          params: json(params),
          baselines: json([]),
          lineage: json({ ...noLineage, environment }),
          card,
          created_at: row.at,
          updated_at: row.at,
          created_by: row.createdBy,
        })
        .execute()
    },

    async change(
      { projectId, model, version }: VersionKey,
      change: { description?: string; stage_label?: StageLabel; deleted_at?: Date; updated_at: Date },
    ): Promise<void> {
      await tables
        .updateTable('registry.model_version')
        .set(change)
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .execute()
    },

    /** Numbers of the versions under a label. */
    async labelled({ projectId, model }: ModelKey, label: StageLabel): Promise<number[]> {
      const rows = await tables
        .selectFrom('registry.model_version')
        .select('version')
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('stage_label', '=', label)
        .where('deleted_at', 'is', null)
        .execute()
      return rows.map(({ version }) => version)
    },

    async putTags({ projectId, model, version }: VersionKey, tags: readonly KeyValue[]): Promise<void> {
      if (tags.length === 0) return
      await tables
        .insertInto('registry.version_tag')
        .values(tags.map(({ key, value }) => ({ project_id: projectId, model, version, key, value })))
        .onConflict((conflict) =>
          conflict
            .columns(['project_id', 'model', 'version', 'key'])
            .doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
        )
        .execute()
    },

    async deleteTag({ projectId, model, version }: VersionKey, key: string): Promise<void> {
      await tables
        .deleteFrom('registry.version_tag')
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .where('key', '=', key)
        .execute()
    },
  }
}
