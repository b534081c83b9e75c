import {
  type Experiment,
  type RetentionPass,
  type RetentionPolicy,
  type RetentionPreview,
  type StoredRetentionPolicy,
  trackingErrors,
} from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { type Page, type PageRequest, pageOf, positionOf } from '../../../platform/page.ts'
import { agedOf, isOff } from './aged.ts'
import type { ApplyNeeds } from './apply.ts'
import { addedLosses, nothingLost } from './losses.ts'
import { createPasses } from './passes.ts'
import { beforeAll, placeOf, type PolicyKey, type PolicyRow, policyStore } from './policy-store.ts'
import { previewOf } from './preview.ts'

const fail = failures(trackingErrors)

interface RetentionDeps extends ApplyNeeds {
  /** @throws DomainError `tracking.experiment_not_found` */
  readonly experiment: (caller: Caller, id: string) => Promise<Experiment>
}

const experimentPage = 100

/** How long runs, their files and traces are kept, and what came of it. */
export function createRetention({ experiment, ...needs }: RetentionDeps) {
  const { db, now } = needs
  const store = policyStore(db)
  const passes = createPasses(needs)

  async function keyOf(caller: Caller, scope: string): Promise<PolicyKey> {
    const { projectId } = caller
    if (scope === 'default') return { projectId, experimentId: null }
    return { projectId, experimentId: Number((await experiment(caller, scope)).id) }
  }

  async function inForce(key: PolicyKey): Promise<PolicyRow | undefined> {
    return (await store.find(key)) ?? store.find({ ...key, experimentId: null })
  }

  async function requirePolicy(key: PolicyKey, scope: string): Promise<void> {
    if (!(await inForce(key))) throw fail('tracking.no_retention', { scope })
  }

  return {
    jobs: passes.jobs,
    passes,

    async list({ projectId }: Caller, { limit, cursor }: PageRequest): Promise<Page<StoredRetentionPolicy>> {
      const after = cursor === undefined ? beforeAll : positionOf(cursor, Number.MAX_SAFE_INTEGER)
      const page = pageOf(await store.list(projectId, after, limit + 1), limit, placeOf)
      return { ...page, items: page.items.map(present) }
    },

    /** Its own, or the default; null when there is neither. @throws DomainError `tracking.experiment_not_found` */
    async get(caller: Caller, scope: string): Promise<StoredRetentionPolicy | null> {
      const row = await inForce(await keyOf(caller, scope))
      return row ? present(row) : null
    },

    /** @throws DomainError `tracking.experiment_not_found` */
    async set(caller: Caller, scope: string, policy: RetentionPolicy): Promise<StoredRetentionPolicy> {
      const key = await keyOf(caller, scope)
      const { projectId, userName: actor } = caller
      const row = await db.transaction().execute(async (tx) => {
        const policies = policyStore(tx)
        const before = (await policies.find(key))?.policy ?? null
        await policies.put(key, policy, actor, now())
        const stored = (await policies.find(key))!
        await audit(tx, { projectId, actor, action: 'tracking.set_retention', subject: scope, before, after: policy })
        return stored
      })
      return present(row)
    },

    /** @returns whether there was one @throws DomainError `tracking.experiment_not_found` */
    async unset(caller: Caller, scope: string): Promise<boolean> {
      const key = await keyOf(caller, scope)
      const { projectId, userName: actor } = caller
      return db.transaction().execute(async (tx) => {
        const before = (await policyStore(tx).find(key))?.policy
        if (!before) return false
        await policyStore(tx).delete(key)
        await audit(tx, { projectId, actor, action: 'tracking.unset_retention', subject: scope, before })
        return true
      })
    },

    /**
     * Counts what a policy would take away now.
     *
     * @param draft - in place of the one in force
     * @throws DomainError `tracking.experiment_not_found`, `tracking.no_retention`
     */
    async preview(caller: Caller, scope: string, draft: RetentionPolicy | undefined): Promise<RetentionPreview> {
      const key = await keyOf(caller, scope)
      if (!draft) await requirePolicy(key, scope)
      await needs.settle()
      let sum: RetentionPreview = { ...nothingLost, experiments: 0, kept: { registered: 0, tagged: 0, chosen: 0 } }
      const { projectId, experimentId } = key
      const read = (after: number) =>
        store.scoped(projectId, experimentId ?? 'default', { after, limit: experimentPage, draft })
      for (let page = await read(-1); page.length > 0; page = await read(page.at(-1)!.experiment_id)) {
        for (const { experiment_id, policy } of page) {
          if (isOff(policy)) continue
          const aged = await agedOf(db, { projectId, experimentId: experiment_id }, policy, now())
          sum = added(sum, await previewOf(db, needs, aged))
        }
      }
      return sum
    },

    /** @throws DomainError `tracking.experiment_not_found`, `tracking.no_retention`, `tracking.retaining` */
    async apply(caller: Caller, scope: string): Promise<RetentionPass> {
      const key = await keyOf(caller, scope)
      await requirePolicy(key, scope)
      return passes.begin(caller, key.experimentId ?? 'default')
    },
  }
}

const added = (sum: RetentionPreview, { kept, ...more }: Omit<RetentionPreview, 'experiments'>): RetentionPreview => ({
  ...addedLosses(sum, more),
  experiments: sum.experiments + 1,
  kept: {
    registered: sum.kept.registered + kept.registered,
    tagged: sum.kept.tagged + kept.tagged,
    chosen: sum.kept.chosen + kept.chosen,
  },
})

const present = (row: PolicyRow): StoredRetentionPolicy => ({
  scope: row.experiment_id === null ? 'default' : String(row.experiment_id),
  experimentName: row.experiment_name,
  policy: row.policy,
  setBy: row.set_by,
  setAt: row.set_at.toISOString(),
})
