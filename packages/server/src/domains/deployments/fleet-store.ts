import type { Ack, Arm, NodeStatus } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'
import type { Traffic } from './counters.ts'
import type { NodeProgress } from './progress.ts'
import type { EnvironmentKey } from './rows.ts'

/** A node that has not been heard of for longer is not waited for. */
const liveMs = 10_000
const forgottenAfterMs = 86_400_000

export interface NodeRow {
  readonly name: string
  readonly url: string
  readonly lastSeenAt: Date
  readonly live: boolean
  readonly status: NodeStatus | null
  readonly environments: readonly string[]
}

export interface NodeKey {
  readonly projectId: string
  readonly node: string
}

export type CounterRow = Selectable<Database['deployments.counter']>

/** Inference nodes: who lives, how far each has come, and its last counters. */
export function fleetStore(db: Db, now: () => Date) {
  const tables = db.$pickTables<
    'deployments.node' | 'deployments.node_environment' | 'deployments.counter' | 'deployments.rollout_arm'
  >()
  const liveSince = () => new Date(now().getTime() - liveMs)

  return {
    /** Notes that a node was heard of, and locks its row. An empty `url` or no status leaves the last one. */
    async seeNode({ projectId, node }: NodeKey, { url, status }: { url: string; status: NodeStatus | null }) {
      const news = { last_seen_at: now(), ...(url && { url }), ...(status && { status: json(status) }) }
      await tables
        .insertInto('deployments.node')
        .values({ project_id: projectId, name: node, url, ...news })
        .onConflict((conflict) => conflict.columns(['project_id', 'name']).doUpdateSet(news))
        .execute()
    },

    async joinEnvironment({ projectId, node }: NodeKey, environment: string): Promise<void> {
      await tables
        .insertInto('deployments.node_environment')
        .values({ project_id: projectId, environment, node })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },

    async leaveOtherEnvironments({ projectId, node }: NodeKey, environments: readonly string[]): Promise<void> {
      await tables
        .deleteFrom('deployments.node_environment')
        .where('project_id', '=', projectId)
        .where('node', '=', node)
        .where(sql<boolean>`environment <> all(${[...environments]}::text[])`)
        .execute()
    },

    /** A stage only moves on, so that late and repeated news does no harm. */
    async acknowledge(projectId: string, { node, environment, generation, stage, reason, detail }: Ack): Promise<void> {
      const loaded = stage === 'loaded' || stage === 'serving' ? generation : 0
      const serving = stage === 'serving' ? generation : 0
      const refused = stage === 'refused' ? generation : 0
      const refusal = [reason, detail].filter(Boolean).join(': ')
      await sql`
        update deployments.node_environment set
          loaded_generation = greatest(loaded_generation, ${loaded}),
          serving_generation = greatest(serving_generation, ${serving}),
          refusal = case when ${refused} >= refused_generation and ${refused} > 0 then ${refusal} else refusal end,
          refused_generation = greatest(refused_generation, ${refused})
        where project_id = ${projectId} and environment = ${environment} and node = ${node}`.execute(db)
    },

    liveProgress({ projectId, environment }: EnvironmentKey): Promise<NodeProgress[]> {
      return tables
        .selectFrom('deployments.node_environment as e')
        .innerJoin('deployments.node as n', (on) =>
          on.onRef('n.project_id', '=', 'e.project_id').onRef('n.name', '=', 'e.node'),
        )
        .select([
          'e.node',
          'e.loaded_generation as loadedGeneration',
          'e.serving_generation as servingGeneration',
          'e.refused_generation as refusedGeneration',
          'e.refusal',
        ])
        .where('e.project_id', '=', projectId)
        .where('e.environment', '=', environment)
        .where('n.last_seen_at', '>=', liveSince())
        .orderBy('e.node')
        .execute()
    },

    /** Every node of the project that follows something, by name. */
    async listNodes(projectId: string): Promise<NodeRow[]> {
      const { rows } = await sql<NodeRow>`
        select n.name, n.url, n.status, n.last_seen_at as "lastSeenAt", n.last_seen_at >= ${liveSince()} as live,
          array_agg(e.environment order by e.environment) as environments
        from deployments.node n
        join deployments.node_environment e on e.project_id = n.project_id and e.node = n.name
        where n.project_id = ${projectId}
        group by n.project_id, n.name
        order by n.name`.execute(db)
      return rows
    },

    /** Forgets nodes that have been away for longer than a day, as those of a cluster do that are replaced. */
    async forgetGone(): Promise<void> {
      const { rows } = await sql<{ projectId: string; name: string }>`
        delete from deployments.node where last_seen_at < ${new Date(now().getTime() - forgottenAfterMs)}
        returning project_id as "projectId", name`.execute(db)
      for (const { projectId, name } of rows) {
        for (const table of ['deployments.node_environment', 'deployments.counter'] as const) {
          await tables.deleteFrom(table).where('project_id', '=', projectId).where('node', '=', name).execute()
        }
      }
    },

    listCounters({ projectId, node }: NodeKey): Promise<CounterRow[]> {
      return tables
        .selectFrom('deployments.counter')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('node', '=', node)
        .execute()
    },

    async putCounter(row: CounterRow): Promise<void> {
      await tables
        .insertInto('deployments.counter')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['project_id', 'node', 'endpoint', 'arm', 'version']).doUpdateSet(row),
        )
        .execute()
    },

    async addToArm(rolloutId: string, arm: Exclude<Arm, 'primary'>, traffic: Traffic, slow: number): Promise<void> {
      const { requests, errors } = traffic
      await tables
        .insertInto('deployments.rollout_arm')
        .values({ rollout_id: rolloutId, arm, requests, errors, slow })
        .onConflict((conflict) =>
          conflict.columns(['rollout_id', 'arm']).doUpdateSet({
            requests: (old) => old('deployments.rollout_arm.requests', '+', requests),
            errors: (old) => old('deployments.rollout_arm.errors', '+', errors),
            slow: (old) => old('deployments.rollout_arm.slow', '+', slow),
          }),
        )
        .execute()
    },

    async listArms(rolloutIds: readonly string[]): Promise<Selectable<Database['deployments.rollout_arm']>[]> {
      if (rolloutIds.length === 0) return []
      return tables.selectFrom('deployments.rollout_arm').selectAll().where('rollout_id', 'in', rolloutIds).execute()
    },
  }
}
