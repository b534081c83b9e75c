import { ApprovalSpec, type ApprovalEvidence, type StepApproval } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { approvalsStore, type ApprovalRow, type DecisionRow, type Voice } from './store.ts'

/** Reads requests with what was decided, in the order given. */
export async function presentApprovals(db: Db, rows: readonly ApprovalRow[]): Promise<StepApproval[]> {
  const store = approvalsStore(db)
  const decisions = Map.groupBy(
    await store.decisionsOf(rows.map(({ id }) => id)),
    ({ approval_id: approval }) => approval,
  )
  return rows.map((row) => presentApproval(row, decisions.get(row.id) ?? []))
}

function presentApproval(row: ApprovalRow, decisions: readonly DecisionRow[]): StepApproval {
  const { message, count, environment } = ApprovalSpec.parse(row.spec)
  const evidence = row.evidence as unknown as ApprovalEvidence
  return {
    kind: 'step',
    id: row.id,
    state: row.state,
    pipeline: row.pipeline,
    run: row.run_id,
    step: row.step_key,
    environment,
    requestedBy: evidence.startedBy,
    message,
    voices: row.voices as Voice[] | null,
    count,
    evidence,
    evidenceDigest: row.evidence_digest,
    decisions: decisions.map(({ user_name: by, decision, to_name: to, reason, at }) => ({
      by,
      decision,
      to,
      reason,
      at: at.toISOString(),
    })),
    reason: row.reason,
    requestedAt: row.requested_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
  }
}
