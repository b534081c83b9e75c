import type { RetentionPolicy } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../../platform/db.ts'

export interface PolicyKey {
  readonly projectId: string
  /** Null for the default. */
  readonly experimentId: number | null
}

export type PolicyRow = Omit<Selectable<Database['tracking.retention_policy']>, 'policy'> & {
  readonly policy: RetentionPolicy
  readonly experiment_name: string | null
}

/** An experiment with the policy that holds for it. */
interface ScopedRow {
  readonly experiment_id: number
  readonly policy: RetentionPolicy
}

/** Sorts the default before the experiments. */
export const beforeAll = -2
const defaultPlace = -1
export const placeOf = ({ experiment_id }: Pick<PolicyRow, 'experiment_id'>): number => experiment_id ?? defaultPlace

/** Every query on policies. */
export function policyStore(db: Db) {
  const policies = (projectId: string) => sql`
    select p.*, e.name as experiment_name from tracking.retention_policy p
    left join tracking.experiment e on e.project_id = p.project_id and e.experiment_id = p.experiment_id
    where p.project_id = ${projectId}`

  return {
    async find({ projectId, experimentId }: PolicyKey): Promise<PolicyRow | undefined> {
      const { rows } = await sql<PolicyRow>`${policies(projectId)}
        and p.experiment_id is not distinct from ${experimentId}`.execute(db)
      return rows[0]
    },

    /** The default first, then in the order of the experiments. */
    async list(projectId: string, after: number, limit: number): Promise<PolicyRow[]> {
      const { rows } = await sql<PolicyRow>`${policies(projectId)}
        and coalesce(p.experiment_id, ${defaultPlace}) > ${after}
        order by coalesce(p.experiment_id, ${defaultPlace}) limit ${limit}`.execute(db)
      return rows
    },

    async put({ projectId, experimentId }: PolicyKey, policy: RetentionPolicy, by: string, at: Date): Promise<void> {
      await sql`
        insert into tracking.retention_policy (project_id, experiment_id, policy, set_by, set_at)
        values (${projectId}, ${experimentId}, ${json(policy)}, ${by}, ${at})
        on conflict (project_id, experiment_id) do update
        set policy = excluded.policy, set_by = excluded.set_by, set_at = excluded.set_at`.execute(db)
    },

    async delete({ projectId, experimentId }: PolicyKey): Promise<void> {
      await sql`delete from tracking.retention_policy
        where project_id = ${projectId} and experiment_id is not distinct from ${experimentId}`.execute(db)
    },

    /** Projects that have a policy. */
    async projects(): Promise<string[]> {
      const { rows } = await sql<{ project_id: string }>`
        select distinct project_id from tracking.retention_policy`.execute(db)
      return rows.map(({ project_id }) => project_id)
    },

    /**
     * Experiments of a project in their order, each with its own policy or else the default; without either it is left
     * out.
     *
     * @param scope - `default`: those without a policy of their own
     * @param draft - in place of the policies that are set
     */
    async scoped(
      projectId: string,
      scope: 'all' | 'default' | number,
      { after, limit, draft }: { after: number; limit: number; draft?: RetentionPolicy | undefined },
    ): Promise<ScopedRow[]> {
      const isMeant =
        typeof scope === 'number' ? sql`e.experiment_id = ${scope}` : sql`${scope === 'all'} or own.policy is null`
      const policy = draft ? sql`${json(draft)}::jsonb` : sql`coalesce(own.policy, other.policy)`
      const { rows } = await sql<ScopedRow>`
        select e.experiment_id, ${policy} as policy from tracking.experiment e
        left join tracking.retention_policy own
          on own.project_id = e.project_id and own.experiment_id = e.experiment_id
        left join tracking.retention_policy other on other.project_id = e.project_id and other.experiment_id is null
        where e.project_id = ${projectId} and e.experiment_id > ${after} and (${isMeant}) and ${policy} is not null
        order by e.experiment_id limit ${limit}`.execute(db)
      return rows
    },
  }
}
