import { type CanaryVerdict, deploymentsEvents, type Rollout, registryEvents } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Db } from '../../platform/db.ts'
import { on, publish, type Subscription } from '../../platform/events.ts'
import { type Decision, moveAlias, removeAlias } from './aliases.ts'
import { readRollout } from './canary.ts'
import { archiveRest, relabel } from './catalog/labels.ts'
import { versionStore } from './catalog/version-store.ts'
import { present } from './present.ts'
import { registryStore, subjectOf, type VersionKey } from './store.ts'

export interface FollowDeps {
  readonly db: Db
  /** The rollout as it is now. */
  readonly rollout: (projectId: string, rolloutId: string) => Promise<Rollout>
  readonly isProduction: (environment: string) => boolean
}

/** Who moved an alias when no person did. */
const actor = 'system'

/**
 * Keeps `challenger` and `champion` where production is, and writes down how each canary ended.
 *
 * The event says where to look, the rollout says what is true: late, repeated or swapped news does no harm.
 */
export function followRollouts({ db, rollout, isProduction }: FollowDeps): readonly Subscription[] {
  async function follow({ projectId, rolloutId }: { projectId: string; rolloutId: string }): Promise<void> {
    const seen = await rollout(projectId, rolloutId)
    const news = readRollout(seen)
    if (!isProduction(seen.environment) || news.kind === 'none') return
    const key = { projectId, model: seen.model, version: seen.toVersion }
    await db.transaction().execute(async (tx) => {
      await registryStore(tx).lockModel(key)
      if (news.kind === 'challenger') await challenge(tx, key, seen)
      else await recordVerdict(tx, key, news.verdict)
    })
  }

  return [
    on(deploymentsEvents, 'deployments.rollout_changed', 'registry.follow_rollout', follow),
    on(deploymentsEvents, 'deployments.rollout_ended', 'registry.record_canary', follow),
  ]
}

async function challenge(tx: Db, key: VersionKey, { id, startedAt }: Rollout): Promise<void> {
  // The rollout may have ended, and been recorded, after it was read here.
  if ((await canaryOf(tx, key))?.rolloutId === id) return
  const decision = { movedBy: actor, reason: `Canary of rollout ${id}`, movedAt: new Date(startedAt) }
  await moveAlias(tx, { ...key, alias: 'challenger' }, decision)
}

async function recordVerdict(tx: Db, key: VersionKey, verdict: CanaryVerdict): Promise<void> {
  const known = await canaryOf(tx, key)
  if (known && known.decidedAt >= verdict.decidedAt) return

  const decision = { movedBy: actor, reason: verdict.says, movedAt: new Date(verdict.decidedAt) }
  await registryStore(tx).setCanary(key, verdict)
  await removeAlias(tx, { ...key, alias: 'challenger' }, decision)
  if (verdict.verdict === 'promoted') await promote(tx, key, decision)
  const subject = subjectOf(key)
  await publish(tx, registryEvents, 'registry.canary_recorded', { ...key, subject })
  const record = { projectId: key.projectId, actor, action: 'registry.record_canary', subject }
  await audit(tx, {
    ...record,
    reason: verdict.says,
    after: { rolloutId: verdict.rolloutId, verdict: verdict.verdict },
  })
}

/** Old clients of MLflow know no alias; for them, what is in production has the stage `Production`. */
async function promote(tx: Db, key: VersionKey, decision: Decision): Promise<void> {
  if (!(await moveAlias(tx, { ...key, alias: 'champion' }, decision))) return
  const who = { by: decision.movedBy, at: decision.movedAt }
  const row = await versionStore(tx).find(key)
  await relabel(tx, key, { from: row!.stage_label, to: 'Production', ...who })
  await archiveRest(tx, key, 'Production', who)
}

async function canaryOf(tx: Db, key: VersionKey): Promise<CanaryVerdict | null> {
  const row = await registryStore(tx).findVersion(key)
  if (!row) throw new Error(`A rollout brought ${key.model}@${key.version}, which the registry does not know.`)
  return present(row).canary
}
