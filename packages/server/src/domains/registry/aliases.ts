import { registryEvents } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { publish } from '../../platform/events.ts'
import { type AliasKey, aliasStore } from './alias-store.ts'
import { publishChange } from './changes.ts'
import type { VersionKey } from './store.ts'

export interface Decision {
  readonly movedBy: string
  readonly reason: string
  /** When it was decided, not when we heard of it. */
  readonly movedAt: Date
}

/**
 * Points an alias at a version, unless a later decision has moved it already. The model must be locked.
 *
 * @returns whether it points elsewhere now
 */
export async function moveAlias(tx: Db, key: AliasKey & VersionKey, decision: Decision): Promise<boolean> {
  const store = aliasStore(tx)
  const { projectId, model, alias, version } = key
  const found = await store.find(key)
  if (found && found.moved_at > decision.movedAt) return false

  await store.put(key, version, decision.movedAt)
  if (found?.version === version) return false
  await store.addMove({ ...key, ...decision, previousVersion: found?.version ?? null })
  await publish(tx, registryEvents, 'registry.alias_moved', { projectId, subject: model, model, alias, version })
  return true
}

/** Takes an alias away from a version that carries it. The model must be locked. */
export async function removeAlias(tx: Db, key: AliasKey & VersionKey, decision: Decision): Promise<void> {
  const store = aliasStore(tx)
  const found = await store.find(key)
  if (found?.version !== key.version) return

  await store.delete(key)
  await store.addMove({ ...key, ...decision, version: null, previousVersion: key.version })
  await publishChange(tx, key, 'alias_removed', { key: key.alias })
}
