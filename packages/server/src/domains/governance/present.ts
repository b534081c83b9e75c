import type { Approval, AuditEntry } from '@evenkeel/contract'
import type { StoredAuditEntry } from '../../platform/audit.ts'
import type { AuditVerdict } from '../../platform/audit-chain.ts'
import type { ApprovalRow } from './store.ts'
import { count } from './words.ts'

export function presentApproval(row: ApprovalRow): Approval {
  const { id, state, model, version, environment, digest, comment, evidence, reason } = row
  return {
    kind: 'version',
    id,
    state,
    model,
    version,
    environment,
    digest,
    requestedBy: row.requested_by,
    comment,
    evidence,
    decidedBy: row.decided_by,
    reason,
    requestedAt: row.requested_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
  }
}

export function presentEntry(entry: StoredAuditEntry): AuditEntry {
  const { position, actor, action, subject, reason, before, after, hash, previousHash } = entry
  return { position, at: entry.at.toISOString(), actor, action, subject, reason, before, after, hash, previousHash }
}

export interface ChainReport {
  readonly intact: boolean
  readonly entryCount: number
  readonly checkpointCount: number
  readonly brokenAt: number | null
  readonly says: string
}

export function presentVerdict({ intact, entryCount, checkpointCount, problem }: AuditVerdict): ChainReport {
  const says = problem
    ? `Entry ${count(problem.position)}: ${problem.says} Keep the database as it is, and compare it with a backup.`
    : `All ${count(entryCount)} entries are as they were written, and ${count(checkpointCount)} signed checkpoints agree.`
  return { intact, entryCount, checkpointCount, brokenAt: problem?.position ?? null, says }
}
