import type {
  CanaryVerdict,
  GateVerdict,
  Model,
  ModelOwner,
  NewModelVersion,
  Signature,
  Stage,
} from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'
import { hasText } from '../../platform/filter-sql.ts'
import { ownerStore } from './people/owner-store.ts'

type Row<T extends keyof Database> = Selectable<Database[T]>

/** A version with the aliases that point at it, in alphabetical order, and its tags. */
export type VersionRow = Row<'registry.model_version'> & {
  readonly aliases: string[]
  readonly tags: Readonly<Record<string, string>>
}

/** Tag that makes a model, or a version, a prompt. */
export const promptTag = 'mlflow.prompt.is_prompt'

export interface ModelKey {
  readonly projectId: string
  readonly model: string
}
export interface VersionKey extends ModelKey {
  readonly version: number
}

/** How people write a version, and what events and the audit log call it. */
export const subjectOf = ({ model, version }: VersionKey): string => `${model}@${version}`

export interface NewVersionRow extends VersionKey {
  readonly stage: Stage
  readonly signature: Signature
  readonly gate: GateVerdict
  readonly content: NewModelVersion
  readonly createdAt: Date
  readonly createdBy: string
}

export type ModelRow = Row<'registry.model'> &
  Pick<Model, 'owners' | 'versionCount' | 'latestVersion' | 'latestStage' | 'champion' | 'challenger'> & {
    readonly changedAt: Date
  }

/** Which models, by name; without a limit all that are left. */
export interface ModelsAsked {
  readonly projectId: string
  /** Such as `ana`, `user:ana` or `team:risk`. */
  readonly owner?: string | undefined
  /** Part of the name, capitals or not. */
  readonly text?: string | undefined
  /** Only those with a name behind it. */
  readonly after?: string | undefined
  readonly limit?: number
}

const ofModel = (table: string) =>
  sql`registry.${sql.id(table)} t where t.project_id = m.project_id and t.model = m.name`

/** Every query on models and their versions. */
export function registryStore(db: Db) {
  const tables = db.$pickTables<'registry.model' | 'registry.model_version' | 'registry.model_alias'>()

  const versions = ({ projectId, model }: ModelKey) =>
    tables
      .selectFrom('registry.model_version as v')
      .selectAll('v')
      .select(
        sql<string[]>`array(
          select alias from registry.model_alias a
          where a.project_id = v.project_id and a.model = v.model and a.version = v.version order by alias
        )`.as('aliases'),
      )
      .select(
        sql<VersionRow['tags']>`coalesce((
          select jsonb_object_agg(t.key, t.value) from registry.version_tag t
          where t.project_id = v.project_id and t.model = v.model and t.version = v.version
        ), '{}')`.as('tags'),
      )
      .where('v.project_id', '=', projectId)
      .where('v.model', '=', model)
      .where('v.deleted_at', 'is', null)

  const models = (projectId: string) =>
    tables
      .selectFrom('registry.model as m')
      .selectAll('m')
      .select([
        sql<number>`(select count(*) from ${ofModel('model_version')} and deleted_at is null)`.as('versionCount'),
        sql<number | null>`(select max(version) from ${ofModel('model_version')} and deleted_at is null)`.as(
          'latestVersion',
        ),
        sql<Stage | null>`(
          select stage from ${ofModel('model_version')} and deleted_at is null order by version desc limit 1
        )`.as('latestStage'),
        sql<Date>`greatest(m.updated_at, (
          select moved_at from ${ofModel('alias_move')} order by position desc limit 1
        ))`.as('changedAt'),
        sql<number | null>`(select version from ${ofModel('model_alias')} and alias = 'champion')`.as('champion'),
        sql<number | null>`(select version from ${ofModel('model_alias')} and alias = 'challenger')`.as('challenger'),
        sql<ModelOwner[]>`coalesce((
          select jsonb_agg(jsonb_build_object('kind', t.kind, 'name', t.name) order by t.kind, t.name)
          from ${ofModel('model_owner')}
        ), '[]')`.as('owners'),
      ])
      .where('m.project_id', '=', projectId)

  return {
    /** By name, and without prompts: nobody trains or deploys them. */
    listModels: ({ projectId, owner, text, after, limit }: ModelsAsked): Promise<ModelRow[]> =>
      models(projectId)
        .$if(owner !== undefined, (query) =>
          query.where(
            sql<boolean>`exists (select 1 from ${ofModel('model_owner')}
              and ${owner!} in (t.name, t.kind || ':' || t.name))`,
          ),
        )
        .$if(text !== undefined, (query) => query.where(hasText(sql.ref('m.name'), text!)))
        .$if(after !== undefined, (query) => query.where('m.name', '>', after!))
        .$if(limit !== undefined, (query) => query.limit(limit!))
        .where(
          sql<boolean>`not exists (select 1 from ${ofModel('model_tag')} and key = ${promptTag} and value = 'true')`,
        )
        .orderBy('m.name')
        .execute(),

    findModel: ({ projectId, model }: ModelKey): Promise<ModelRow | undefined> =>
      models(projectId).where('m.name', '=', model).executeTakeFirst(),

    /** Creates the model unless it is there. */
    async addModel({ projectId, model }: ModelKey, row: { description: string; owner: string; createdAt: Date }) {
      const { numInsertedOrUpdatedRows: added } = await tables
        .insertInto('registry.model')
        .values({
          project_id: projectId,
          name: model,
          description: row.description,
          owner: row.owner,
          created_at: row.createdAt,
          updated_at: row.createdAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      if (added) await ownerStore(db).add({ projectId, model }, [{ kind: 'user', name: row.owner }])
    },

    /** Makes every other transaction wait that numbers a version or moves an alias of this model. */
    async lockModel({ projectId, model }: ModelKey): Promise<void> {
      await tables
        .selectFrom('registry.model')
        .select('name')
        .where('project_id', '=', projectId)
        .where('name', '=', model)
        .forUpdate()
        .execute()
    },

    /** The highest number that was ever given. */
    async lastNumber({ projectId, model }: ModelKey): Promise<number> {
      const row = await tables
        .selectFrom('registry.model_version')
        .select(({ fn }) => fn.max('version').as('last'))
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .executeTakeFirst()
      return row?.last ?? 0
    },

    findVersion: (key: VersionKey): Promise<VersionRow | undefined> =>
      versions(key).where('v.version', '=', key.version).executeTakeFirst(),

    /** Reads one version and keeps its row locked until the transaction ends. */
    lockVersion: (key: VersionKey): Promise<VersionRow | undefined> =>
      versions(key).where('v.version', '=', key.version).forUpdate('v').executeTakeFirst(),

    /** The version that this run (or no run) registered with this content. */
    findRegistered: (key: ModelKey, digest: string, runId: string | null): Promise<VersionRow | undefined> =>
      versions(key)
        .where('v.artifact_digest', '=', digest)
        .where('v.run_id', 'is not distinct from', runId)
        .executeTakeFirst(),

    /** Newest first, those below `before`. */
    listVersions: (key: ModelKey, limit: number, before: number): Promise<VersionRow[]> =>
      versions(key).where('v.version', '<', before).orderBy('v.version', 'desc').limit(limit).execute(),

    async addVersion(row: NewVersionRow): Promise<void> {
      const { artifact, golden, metrics, params, evaluation, baselines, lineage, card } = row.content
      await tables
        .insertInto('registry.model_version')
        .values({
          project_id: row.projectId,
          model: row.model,
          version: row.version,
          stage: row.stage,
          artifact_digest: artifact.digest,
          artifact_size_bytes: artifact.sizeBytes,
          golden,
          signature: json(row.signature),
          metrics: json(metrics),
          params: json(params),
          evaluation: evaluation && json(evaluation),
          gate: json(row.gate),
          baselines: json(baselines),
          lineage: json(lineage),
          card,
          created_at: row.createdAt,
          updated_at: row.createdAt,
          created_by: row.createdBy,
        })
        .execute()
      await tables
        .updateTable('registry.model')
        .set({ updated_at: row.createdAt })
        .where('project_id', '=', row.projectId)
        .where('name', '=', row.model)
        .execute()
    },

    setGate: (key: VersionKey, stage: Stage, gate: GateVerdict) => update(key, { stage, gate: json(gate) }),

    setCanary: (key: VersionKey, canary: CanaryVerdict) => update(key, { canary: json(canary) }),
  }

  type VersionChange = { stage?: Stage; gate?: string; canary?: string }

  async function update({ projectId, model, version }: VersionKey, change: VersionChange): Promise<void> {
    await tables
      .updateTable('registry.model_version')
      .set(change)
      .where('project_id', '=', projectId)
      .where('model', '=', model)
      .where('version', '=', version)
      .execute()
  }
}
