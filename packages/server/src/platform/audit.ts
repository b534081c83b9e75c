import { canonicalJson } from '@evenkeel/contract'
import { sql } from 'kysely'
import { createHash } from 'node:crypto'
import { type Db, json } from './db.ts'

/** One decision that matters: who did what to what, why, and what it changed. */
export interface AuditRecord {
  readonly projectId: string
  /** The name of a user, or of what acted by itself: `policy`, `system`. */
  readonly actor: string
  /** `domain.verb`, e.g. `registry.override_gate`. */
  readonly action: string
  /** What it was done to, e.g. `churn@7`. */
  readonly subject: string
  readonly reason?: string | undefined
  readonly before?: unknown
  readonly after?: unknown
}

/** What the hash of an entry covers, together with the hash of the entry before it. */
export interface AuditEntry {
  /** 1, 2, 3, … without a gap. */
  readonly position: number
  readonly at: Date
  readonly projectId: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly reason: string | null
  readonly before: unknown
  readonly after: unknown
}

/** What stands in front of the first entry. */
export const genesisHash = '0'.repeat(64)

/** The sha256 (hex) over the hash of the entry before and the RFC 8785 form of this one. */
export function entryHash(previousHash: string, entry: AuditEntry): string {
  return createHash('sha256').update(previousHash).update(canonicalJson(entry)).digest('hex')
}

/**
 * Appends to the chain, in the caller's transaction. Call it last: until that transaction ends, every other audited
 * change waits, because each entry needs the hash of the one before.
 */
export async function audit(tx: Db, record: AuditRecord): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('evenkeel.audit'))`.execute(tx)
  const previous = await tx
    .selectFrom('platform.audit_entry')
    .select(['position', 'hash'])
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  const previousHash = previous?.hash ?? genesisHash
  const { projectId, actor, action, subject, reason = null, before = null, after = null } = record
  const position = (previous?.position ?? 0) + 1
  const entry = { position, at: new Date(), projectId, actor, action, subject, reason, before, after }
  await tx
    .insertInto('platform.audit_entry')
    .values({
      position,
      at: entry.at,
      project_id: projectId,
      actor,
      action,
      subject,
      reason,
      before: before === null ? null : json(before),
      after: after === null ? null : json(after),
      previous_hash: previousHash,
      hash: entryHash(previousHash, entry),
    })
    .execute()
}

export interface AuditFilter {
  readonly projectId: string
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly subject?: string | undefined
  readonly from?: Date | undefined
  readonly until?: Date | undefined
  /** Entries before this position: the keyset of the next page. */
  readonly beforePosition?: number | undefined
  readonly limit: number
}

export type StoredAuditEntry = AuditEntry & { readonly previousHash: string; readonly hash: string }

/** Lists entries, newest first. */
export function listAudit(db: Db, filter: AuditFilter): Promise<StoredAuditEntry[]> {
  const { projectId, actor, action, subject, from, until, beforePosition, limit } = filter
  let query = entries(db).where('project_id', '=', projectId)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (action !== undefined) query = query.where('action', '=', action)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (from) query = query.where('at', '>=', from)
  if (until) query = query.where('at', '<', until)
  if (beforePosition !== undefined) query = query.where('position', '<', beforePosition)
  return query.orderBy('position', 'desc').limit(limit).execute()
}

/** Reads the chain in its order, `limit` entries after a position. */
export function chainAfter(db: Db, position: number, limit: number): Promise<StoredAuditEntry[]> {
  return entries(db).where('position', '>', position).orderBy('position').limit(limit).execute()
}

function entries(db: Db) {
  return db
    .selectFrom('platform.audit_entry')
    .select([
      'position',
      'at',
      'project_id as projectId',
      'actor',
      'action',
      'subject',
      'reason',
      'before',
      'after',
      'previous_hash as previousHash',
      'hash',
    ])
}
