import type { DesiredState } from '@evenkeel/contract'
import { type Insertable, sql, type Updateable } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'
import { hasText } from '../../platform/filter-sql.ts'
import type { ArtifactRow, EndpointKey, EndpointRow, EnvironmentKey, RolloutRow } from './rows.ts'

export type RolloutChanges = Updateable<Database['deployments.rollout']>

/** Which endpoints; without a limit all that are left. */
export interface EndpointsAsked {
  readonly projectId: string
  readonly model?: string | undefined
  /** Part of the name, capitals or not. */
  readonly text?: string | undefined
  /** Only those with a name behind it. */
  readonly after?: string | undefined
  readonly limit?: number
}

/** What an endpoint serves; `version` is null until a first one is. */
export type Serving = Pick<EndpointRow, 'name' | 'environment' | 'model' | 'version'>

/** Wakes whoever sends desired states to nodes, on every server. */
export const desiredChannel = 'deployments_desired'

/** Endpoints, their rollouts, and what environments must serve. */
export function deploymentsStore(db: Db) {
  const tables = db.$pickTables<
    'deployments.endpoint' | 'deployments.rollout' | 'deployments.artifact' | 'deployments.environment'
  >()
  const endpoints = (projectId: string) =>
    tables.selectFrom('deployments.endpoint').selectAll().where('project_id', '=', projectId).$castTo<EndpointRow>()
  const rollouts = () => tables.selectFrom('deployments.rollout').selectAll().$castTo<RolloutRow>()

  return {
    /** By name. */
    listEndpoints({ projectId, model, text, after, limit }: EndpointsAsked): Promise<EndpointRow[]> {
      let query = endpoints(projectId).orderBy('name')
      if (model !== undefined) query = query.where('model', '=', model)
      if (text !== undefined) query = query.where(hasText(sql.ref('name'), text))
      if (after !== undefined) query = query.where('name', '>', after)
      if (limit !== undefined) query = query.limit(limit)
      return query.execute()
    },

    /** Which version of which model these endpoints serve, or those of these models; by name. */
    async listServing(projectId: string, by: 'name' | 'model', names: readonly string[]): Promise<Serving[]> {
      if (names.length === 0) return []
      return tables
        .selectFrom('deployments.endpoint')
        .select(['name', 'environment', 'model', 'version'])
        .where('project_id', '=', projectId)
        .where(by, 'in', names)
        .orderBy('name')
        .execute()
    },

    listEndpointsOf({ projectId, environment }: EnvironmentKey): Promise<EndpointRow[]> {
      return endpoints(projectId).where('environment', '=', environment).orderBy('name').execute()
    },

    findEndpoint({ projectId, endpoint }: EndpointKey): Promise<EndpointRow | undefined> {
      return endpoints(projectId).where('name', '=', endpoint).executeTakeFirst()
    },

    /** Keeps everybody else from starting or moving a rollout of the endpoint until the transaction ends. */
    lockEndpoint({ projectId, endpoint }: EndpointKey): Promise<EndpointRow | undefined> {
      return endpoints(projectId).where('name', '=', endpoint).forUpdate().executeTakeFirst()
    },

    async putEndpoint(row: Insertable<Database['deployments.endpoint']>): Promise<void> {
      const { created_at: _, ...changes } = row
      await tables
        .insertInto('deployments.endpoint')
        .values(row)
        .onConflict((conflict) => conflict.columns(['project_id', 'name']).doUpdateSet(changes))
        .execute()
    },

    /** What served before stays known as the previous version. */
    async setServing({ projectId, endpoint }: EndpointKey, version: number): Promise<void> {
      await sql`
        update deployments.endpoint set
          previous_version = case when version is distinct from ${version} then version else previous_version end,
          version = ${version}
        where project_id = ${projectId} and name = ${endpoint}`.execute(db)
    },

    /** Remembers a version for the endpoints that deploy by themselves, unless they had it or a newer one already. */
    async wantVersion(projectId: string, model: string, version: number): Promise<void> {
      await sql`
        update deployments.endpoint e set wanted_version = ${version}
        where project_id = ${projectId} and model = ${model} and auto_deploy
          and ${version} > greatest(wanted_version, (
            select max(to_version) from deployments.rollout r
            where r.project_id = e.project_id and r.endpoint = e.name), 0)`.execute(db)
    },

    /** Endpoints that want a version and have no rollout in the way. */
    async listWanting(): Promise<EndpointKey[]> {
      const { rows } = await sql<EndpointKey>`
        select project_id as "projectId", name as endpoint from deployments.endpoint e
        where wanted_version is not null and not exists (
          select from deployments.rollout r
          where r.project_id = e.project_id and r.endpoint = e.name and ended_at is null)`.execute(db)
      return rows
    },

    async forgetWanted({ projectId, endpoint }: EndpointKey, untilVersion: number): Promise<void> {
      await tables
        .updateTable('deployments.endpoint')
        .set({ wanted_version: null })
        .where('project_id', '=', projectId)
        .where('name', '=', endpoint)
        .where('wanted_version', '<=', untilVersion)
        .execute()
    },

    /** Keeps what a version is made of; the first word stands. */
    async putArtifact(row: Insertable<Database['deployments.artifact']>): Promise<void> {
      await tables
        .insertInto('deployments.artifact')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },

    async listArtifacts(projectId: string, models: readonly string[]): Promise<ArtifactRow[]> {
      if (models.length === 0) return []
      return tables
        .selectFrom('deployments.artifact')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('model', 'in', models)
        .$castTo<ArtifactRow>()
        .execute()
    },

    async addRollout(row: Insertable<Database['deployments.rollout']>): Promise<void> {
      await tables.insertInto('deployments.rollout').values(row).execute()
    },

    async changeRollout(id: string, changes: RolloutChanges): Promise<void> {
      await tables.updateTable('deployments.rollout').set(changes).where('id', '=', id).execute()
    },

    findRollout(id: string): Promise<RolloutRow | undefined> {
      return rollouts().where('id', '=', id).executeTakeFirst()
    },

    findRolloutOfApproval(approvalId: string): Promise<RolloutRow | undefined> {
      return rollouts().where('approval_id', '=', approvalId).executeTakeFirst()
    },

    findRunning({ projectId, endpoint }: EndpointKey): Promise<RolloutRow | undefined> {
      return rollouts()
        .where('project_id', '=', projectId)
        .where('endpoint', '=', endpoint)
        .where('ended_at', 'is', null)
        .executeTakeFirst()
    },

    /** Every rollout that is not over, of all projects or of one. */
    listRunning(where: Partial<EnvironmentKey> & { readonly model?: string } = {}): Promise<RolloutRow[]> {
      let query = rollouts().where('ended_at', 'is', null)
      if (where.projectId !== undefined) query = query.where('project_id', '=', where.projectId)
      if (where.environment !== undefined) query = query.where('environment', '=', where.environment)
      if (where.model !== undefined) query = query.where('model', '=', where.model)
      return query.orderBy('position').execute()
    },

    /** The newest rollout of each of these endpoints. */
    async listNewest(projectId: string, of: readonly EndpointRow[]): Promise<RolloutRow[]> {
      if (of.length === 0) return []
      return rollouts()
        .distinctOn('endpoint')
        .where('project_id', '=', projectId)
        .where(
          'endpoint',
          'in',
          of.map(({ name }) => name),
        )
        .orderBy('endpoint')
        .orderBy('position', 'desc')
        .execute()
    },

    /** Newest first, those before `position` only. */
    listRollouts({ projectId, endpoint }: EndpointKey, limit: number, position?: number): Promise<RolloutRow[]> {
      let query = rollouts().where('project_id', '=', projectId).where('endpoint', '=', endpoint)
      if (position !== undefined) query = query.where('position', '<', position)
      return query.orderBy('position', 'desc').limit(limit).execute()
    },

    /** Those of a model that began until then, newest first. */
    listOfModel(projectId: string, model: string, until: Date, limit: number): Promise<RolloutRow[]> {
      return rollouts()
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('started_at', '<=', until)
        .orderBy('started_at', 'desc')
        .limit(limit)
        .execute()
    },

    /** Rollouts that ran in a span of event time, oldest first; one without predictions lies nowhere. */
    listBetween({ projectId, endpoint }: EndpointKey, from: string, until: string): Promise<RolloutRow[]> {
      return rollouts()
        .where('project_id', '=', projectId)
        .where('endpoint', '=', endpoint)
        .where('event_time_start', '<', new Date(until))
        .where((where) => where.or([where('ended_at', 'is', null), where('event_time_end', '>=', new Date(from))]))
        .orderBy('position')
        .execute()
    },

    async hasServed({ projectId, endpoint }: EndpointKey, version: number): Promise<boolean> {
      const found = await rollouts()
        .where('project_id', '=', projectId)
        .where('endpoint', '=', endpoint)
        .where('to_version', '=', version)
        .where('state', '=', 'succeeded')
        .executeTakeFirst()
      return found !== undefined
    },

    /** Endpoints of a model, and which of its versions somebody wanted where; `started` once nobody's approval was missing. */
    async usesOf(projectId: string, model: string) {
      const endpoints = await tables
        .selectFrom('deployments.endpoint')
        .select('name')
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .orderBy('name')
        .execute()
      const rolledOut = await tables
        .selectFrom('deployments.rollout')
        .select(['to_version as version', 'environment'])
        .select(sql<boolean>`state not in ('awaiting_approval', 'declined')`.as('started'))
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .distinct()
        .execute()
      return { endpoints: endpoints.map(({ name }) => name), rolledOut }
    },

    /** Raises the generation and keeps the environment's row locked until the transaction ends. */
    async raiseGeneration({ projectId, environment }: EnvironmentKey): Promise<number> {
      const { generation } = await tables
        .insertInto('deployments.environment')
        .values({ project_id: projectId, name: environment, generation: 1, desired: '{}' })
        .onConflict((conflict) =>
          conflict.columns(['project_id', 'name']).doUpdateSet({
            generation: (old) => old('deployments.environment.generation', '+', 1),
          }),
        )
        .returning('generation')
        .executeTakeFirstOrThrow()
      return generation
    },

    async writeDesired({ projectId, environment }: EnvironmentKey, desired: DesiredState): Promise<void> {
      await tables
        .updateTable('deployments.environment')
        .set({ desired: json(desired) })
        .where('project_id', '=', projectId)
        .where('name', '=', environment)
        .execute()
      await sql`select pg_notify(${desiredChannel}, '')`.execute(db)
    },

    async readDesired({ projectId, environment }: EnvironmentKey): Promise<DesiredState | undefined> {
      const row = await tables
        .selectFrom('deployments.environment')
        .select('desired')
        .where('project_id', '=', projectId)
        .where('name', '=', environment)
        .executeTakeFirst()
      return row?.desired as DesiredState | undefined
    },

    async generations(projectId: string): Promise<Map<string, number>> {
      const rows = await tables
        .selectFrom('deployments.environment')
        .select(['name', 'generation'])
        .where('project_id', '=', projectId)
        .execute()
      return new Map(rows.map(({ name, generation }) => [name, generation]))
    },
  }
}
