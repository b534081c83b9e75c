import { lineageErrors, type LineageTarget } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { json } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { whyNotSend } from '../../../platform/outgoing/address.ts'
import type { LineageDeps } from '../deps.ts'
import { type TargetRow, targetStore } from './store.ts'

const fail = failures(lineageErrors)

interface NewTarget {
  readonly spec: LineageTarget['spec']
  readonly key?: string | undefined
  readonly from: 'now' | 'beginning'
}

/** Writes down where events go; `push.ts` sends them. */
export function createTargets(deps: Pick<LineageDeps, 'db' | 'now' | 'privateTargets'>) {
  const { db, now } = deps

  async function present(row: TargetRow): Promise<LineageTarget> {
    const store = targetStore(db)
    const { count, since } = await store.waiting(row.project_id, row.sent_until)
    return {
      name: row.name,
      spec: row.spec as LineageTarget['spec'],
      hasKey: (await store.keyOf({ projectId: row.project_id, name: row.name })) !== null,
      lastSuccessAt: row.last_success_at?.toISOString() ?? null,
      lastError: row.last_error,
      lastErrorAt: row.last_error_at?.toISOString() ?? null,
      nextTryAt: row.next_try_at?.toISOString() ?? null,
      waitingCount: count,
      lagSeconds: since === null ? 0 : Math.max(0, (now().getTime() - since.getTime()) / 1000),
      refusedCount: row.refused_count,
    }
  }

  async function find(projectId: string, name: string): Promise<TargetRow> {
    const row = await targetStore(db).find({ projectId, name })
    if (!row) throw fail('lineage.target_not_found', { target: name })
    return row
  }

  return {
    async list({ projectId }: Caller): Promise<LineageTarget[]> {
      const items: LineageTarget[] = []
      for (const row of await targetStore(db).list(projectId)) items.push(await present(row))
      return items
    },

    async put({ projectId, userName }: Caller, name: string, { spec, key, from }: NewTarget): Promise<LineageTarget> {
      const reason = spec.kind === 'http' ? whyNotSend(spec.url, deps) : undefined
      if (reason) throw fail('lineage.target_refused', { reason }, { why: reason })
      await db.transaction().execute(async (tx) => {
        const store = targetStore(tx)
        const before = await store.find({ projectId, name })
        const sent_until = from === 'beginning' ? 0 : await store.newestEvent(projectId)
        await store.put({ project_id: projectId, name, spec: json(spec), sent_until, created_at: now() })
        // A key was given for one address: it does not go to another.
        if (before && addressOf(before.spec) !== addressOf(spec)) await store.dropKey({ projectId, name })
        if (key !== undefined) await store.putKey({ projectId, name }, key)
        await audit(tx, { projectId, actor: userName, action: 'lineage.put_target', subject: name, after: { spec } })
      })
      return present(await find(projectId, name))
    },

    async remove({ projectId, userName }: Caller, name: string): Promise<LineageTarget> {
      const last = await present(await find(projectId, name))
      await db.transaction().execute(async (tx) => {
        await targetStore(tx).remove({ projectId, name })
        await audit(tx, { projectId, actor: userName, action: 'lineage.remove_target', subject: name })
      })
      return last
    },
  }
}

const addressOf = (spec: unknown): string => JSON.stringify((spec as { readonly url?: string }).url ?? null)
