import {
  type Approval,
  type ApprovalState,
  governanceErrors,
  governanceEvents,
  type ModelVersion,
} from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { whyNotApprove } from './duties.ts'
import { environmentPolicyOf } from './policies.ts'
import { presentApproval } from './present.ts'
import { type ApprovalRow, governanceStore } from './store.ts'

const fail = failures(governanceErrors)

/** Somebody wants a version in an environment. */
export interface ApprovalRequest {
  readonly projectId: string
  readonly model: string
  readonly version: number
  readonly environment: string
  /** Content of the version; the approval holds for nothing else. */
  readonly digest: string
  readonly requestedBy: string
  readonly comment: string
  /** What the decider should look at: sentences with numbers. */
  readonly evidence: readonly string[]
}

export interface Decision {
  readonly approval: string
  readonly decision: 'approve' | 'reject'
  readonly reason: string
}

/** What is true of the version when a decision is taken. */
export interface Subject {
  readonly version: ModelVersion
  readonly runStartedBy: string | null
}

interface Outcome {
  readonly state: Exclude<ApprovalState, 'pending'>
  readonly by: string
  readonly reason: string
}

/** Asks for approval; where the policy needs nobody, it is approved at once. */
export async function requestApproval(tx: Db, request: ApprovalRequest, now: Date): Promise<Approval> {
  const { projectId, model, version, environment, digest, requestedBy, comment, evidence } = request
  const policy = await environmentPolicyOf(tx, projectId, environment)
  const row = await governanceStore(tx).addApproval({
    project_id: projectId,
    state: 'pending',
    model,
    version,
    environment,
    digest,
    requested_by: requestedBy,
    comment,
    evidence: [...evidence],
    requested_at: now,
    expires_at: new Date(now.getTime() + policy.expiresAfterHours * 3_600_000),
  })
  await publish(tx, governanceEvents, 'governance.approval_requested', newsOf(row))
  await record(tx, row, { action: 'request_approval', actor: requestedBy, reason: comment || undefined })
  if (policy.approval === 'person') return presentApproval(row)
  const reason = `The policy of ${environment} asks for no approval.`
  return close(tx, row, { state: 'approved', by: 'policy', reason }, now)
}

/** Approves or rejects. @throws DomainError when it is decided already, is the caller's own work, or changed since */
export async function decide(
  tx: Db,
  { projectId, userName: by }: Caller,
  { approval: id, decision, reason }: Decision,
  subject: Subject,
  now: Date,
): Promise<Approval> {
  const row = await governanceStore(tx).lockApproval(projectId, id)
  if (!row) throw fail('governance.approval_not_found', { approval: id })
  requirePending(row, now)
  if (decision === 'reject') return close(tx, row, { state: 'rejected', by, reason }, now)

  await requireOthersWork(tx, row, by, subject)
  if (subject.version.artifact?.digest !== row.digest) throw fail('governance.content_changed', { approval: id })
  return close(tx, row, { state: 'approved', by, reason }, now)
}

function requirePending({ id, state, decided_by, expires_at }: ApprovalRow, now: Date): void {
  if (state !== 'pending') {
    throw fail('governance.already_decided', { approval: id, state }, { why: `It was ${state} by ${decided_by}.` })
  }
  if (expires_at > now) return
  const why = `Nobody decided before ${expires_at.toISOString()}.`
  throw fail('governance.already_decided', { approval: id, state: 'expired' }, { why })
}

async function requireOthersWork(tx: Db, row: ApprovalRow, user: string, { version, runStartedBy }: Subject) {
  const policy = await environmentPolicyOf(tx, row.project_id, row.environment)
  const authors = { requestedBy: row.requested_by, createdBy: version.createdBy, runStartedBy }
  const why = whyNotApprove(user, authors, policy)
  if (why) throw fail('governance.own_work', { approval: row.id, user }, { why })
}

/** Takes a pending request back, because what it was for is over; does nothing to one that was decided. */
export async function withdraw(tx: Db, projectId: string, id: string, reason: string, now: Date): Promise<void> {
  const row = await governanceStore(tx).lockApproval(projectId, id)
  if (row?.state === 'pending') await close(tx, row, { state: 'withdrawn', by: 'system', reason }, now)
}

/** Ends the requests that nobody decided in time. */
export async function expireOverdue(tx: Db, now: Date): Promise<void> {
  const reason = 'Nobody decided in time.'
  for (const row of await governanceStore(tx).lockOverdue(now, 100)) {
    await close(tx, row, { state: 'expired', by: 'system', reason }, now)
  }
}

async function close(tx: Db, { id }: ApprovalRow, { state, by, reason }: Outcome, now: Date): Promise<Approval> {
  const row = await governanceStore(tx).closeApproval(id, { state, decided_by: by, reason, decided_at: now })
  const news = { ...newsOf(row), approved: state === 'approved' }
  await publish(tx, governanceEvents, 'governance.approval_decided', news)
  await record(tx, row, { action: 'decide_approval', actor: by, reason })
  return presentApproval(row)
}

const newsOf = ({ project_id: projectId, id, model, version, environment }: ApprovalRow) => ({
  projectId,
  subject: id,
  approvalId: id,
  model,
  version,
  environment,
})

interface Act {
  readonly action: string
  readonly actor: string
  readonly reason: string | undefined
}

function record(tx: Db, row: ApprovalRow, { action, actor, reason }: Act): Promise<void> {
  const { project_id: projectId, id, model, version, environment, digest, state } = row
  const after = { approval: id, environment, digest, state }
  return audit(tx, { projectId, actor, action: `governance.${action}`, subject: `${model}@${version}`, reason, after })
}
