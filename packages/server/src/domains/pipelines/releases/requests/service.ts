import {
  canonicalJson,
  type ApprovalState,
  governanceErrors,
  type PromotionApproval,
  releasesEvents,
} from '@evenkeel/contract'
import { createHash, randomUUIDv7 } from 'node:crypto'
import { audit } from '../../../../platform/audit.ts'
import type { Caller } from '../../../../platform/auth.ts'
import { type Db, json } from '../../../../platform/db.ts'
import { failures } from '../../../../platform/errors.ts'
import { publish } from '../../../../platform/events.ts'
import { type Job, periodic } from '../../../../platform/jobs.ts'
import type { PipelinesDeps } from '../../needs.ts'
import { pipelinesStore } from '../../store.ts'
import { type ReleaseRow, releasesStore } from '../store.ts'
import { evidenceFor } from './evidence.ts'
import { type RequestRow, requestsStore } from './store.ts'

const fail = failures(governanceErrors)

interface Decision {
  readonly approval: string
  readonly decision: 'approve' | 'reject'
  readonly reason: string
}

/** Releases that wait for a person, for the one list of all that does. */
export interface PromotionApprovals {
  /** Newest first, those below `before`. */
  list(
    projectId: string,
    filter: { readonly state?: ApprovalState | undefined },
    limit: number,
    before: number,
  ): Promise<{ readonly position: number; readonly approval: PromotionApproval }[]>
  find(projectId: string, id: string): Promise<PromotionApproval | undefined>
  /** Approved, the release is in force when this resolves. @throws DomainError when it is decided already, or own work */
  decide(caller: Caller, decision: Decision): Promise<PromotionApproval>
  readonly jobs: readonly Job[]
}

/** Puts the release of a request in force, in the transaction that holds the lock of its pipeline. */
export type PutInForce = (tx: Db, caller: Caller, request: RequestRow, why: string) => Promise<void>

type RequestsDeps = Pick<PipelinesDeps, 'db' | 'now' | 'environmentPolicy'>

export function createPromotionApprovals(deps: RequestsDeps, putInForce: PutInForce): PromotionApprovals {
  const { db, now } = deps

  /** @throws DomainError */
  async function lockPending(tx: Db, projectId: string, id: string): Promise<RequestRow> {
    const seen = await requestsStore(tx).find(projectId, id)
    if (!seen) throw fail('governance.approval_not_found', { approval: id })
    await pipelinesStore(tx).lockPipeline(projectId, seen.pipeline)
    const row = (await requestsStore(tx).find(projectId, id))!
    const state = row.state === 'pending' && row.expires_at <= now() ? 'expired' : row.state
    if (state !== 'pending') throw fail('governance.already_decided', { approval: id, state })
    return row
  }

  async function expire(): Promise<void> {
    for (const { project_id: projectId, pipeline, id } of await requestsStore(db).overdue(now())) {
      await db.transaction().execute(async (tx) => {
        await pipelinesStore(tx).lockPipeline(projectId, pipeline)
        const row = (await requestsStore(tx).find(projectId, id))!
        if (row.state !== 'pending') return
        await closeRequest(tx, row, { state: 'expired', by: null, reason: 'Nobody decided in time.', at: now() })
      })
    }
  }

  return {
    async list(projectId, { state }, limit, before) {
      const rows = await requestsStore(db).list(projectId, state, limit, before)
      return rows.map((row) => ({ position: row.position, approval: presentRequest(row) }))
    },

    async find(projectId, id) {
      const row = await requestsStore(db).find(projectId, id)
      return row && presentRequest(row)
    },

    decide(caller, { approval: id, decision, reason }) {
      const { projectId, userName: by } = caller
      return db.transaction().execute(async (tx) => {
        const row = await lockPending(tx, projectId, id)
        const isApproved = decision === 'approve'
        if (isApproved) await requireOther(deps, tx, caller, row)
        const state = isApproved ? 'approved' : 'rejected'
        const closed = await closeRequest(tx, row, { state, by, reason, at: now() })
        if (isApproved) await putInForce(tx, caller, row, reason)
        return presentRequest(closed)
      })
    },

    jobs: [periodic('pipelines.expire_promotions', 30, expire)],
  }
}

/** Neither who asked nor who made the release says that it may run, through no token and in no role. */
async function requireOther(
  { environmentPolicy }: RequestsDeps,
  tx: Db,
  { userId, userName: user }: Caller,
  row: RequestRow,
): Promise<void> {
  const { separateDuties } = await environmentPolicy(row.project_id, row.environment)
  if (!separateDuties) return
  const { project_id: projectId, pipeline, version } = row
  const release = await releasesStore(tx).find({ projectId, pipeline }, version)
  if (userId === row.user_id || userId === release?.user_id)
    throw fail('governance.own_work', { approval: row.id, user })
}

interface Wanted {
  readonly release: ReleaseRow
  readonly environment: 'production'
  readonly inForce: number | null
  readonly comment: string
}

/**
 * Asks for a person, unless the same release waits already; another one that waits gives way. The pipeline is locked.
 */
export async function requestPromotion(
  deps: RequestsDeps,
  tx: Db,
  { projectId, userId, userName }: Caller,
  { release, environment, inForce, comment }: Wanted,
): Promise<PromotionApproval> {
  const { pipeline, version } = release
  const at = deps.now()
  const of = { projectId, pipeline }
  const before = await requestsStore(tx).pendingOf(of, environment)
  if (before && before.version === version && before.expires_at > at) return presentRequest(before)
  await withdrawPending(tx, of, `Version ${version} was asked for in its place.`, at)
  const evidence = await evidenceFor(tx, of, release, inForce)
  const digest = `sha256:${createHash('sha256').update(canonicalJson(evidence)).digest('hex')}`
  const { expiresAfterHours } = await deps.environmentPolicy(projectId, environment)
  const row = await requestsStore(tx).add({
    id: randomUUIDv7(),
    project_id: projectId,
    pipeline,
    version,
    environment,
    from_version: inForce,
    state: 'pending',
    requested_by: userName,
    user_id: userId,
    comment,
    evidence: json(evidence),
    evidence_digest: digest,
    requested_at: at,
    expires_at: new Date(at.getTime() + expiresAfterHours * 3_600_000),
  })
  await announce(tx, row)
  const after = { approval: row.id, environment, digest }
  const subject = `${pipeline}@${version}`
  const action = 'pipelines.request_promotion'
  await audit(tx, { projectId, actor: userName, action, subject, reason: comment || undefined, after })
  return presentRequest(row)
}

/** What waits for production is no longer what would come of it. The pipeline is locked. */
export async function withdrawPending(
  tx: Db,
  of: { readonly projectId: string; readonly pipeline: string },
  reason: string,
  at: Date,
): Promise<void> {
  const row = await requestsStore(tx).pendingOf(of, 'production')
  if (row) await closeRequest(tx, row, { state: 'withdrawn', by: null, reason, at })
}

interface Outcome {
  readonly state: Exclude<ApprovalState, 'pending'>
  /** Null: nobody did; it came about. */
  readonly by: string | null
  readonly reason: string
  readonly at: Date
}

async function closeRequest(tx: Db, row: RequestRow, { state, by, reason, at }: Outcome): Promise<RequestRow> {
  const closed = await requestsStore(tx).close(row.id, { state, decided_by: by, reason, decided_at: at })
  await announce(tx, closed)
  const { project_id: projectId, pipeline, version } = row
  const subject = `${pipeline}@${version}`
  const after = { approval: row.id, state }
  await audit(tx, { projectId, actor: by ?? 'system', action: 'pipelines.decide_promotion', subject, reason, after })
  return closed
}

async function announce(tx: Db, { project_id: projectId, id, pipeline, version, state }: RequestRow): Promise<void> {
  const news = { projectId, subject: id, pipeline, version, approvalId: id, state }
  await publish(tx, releasesEvents, 'pipelines.promotion_changed', news)
}

const presentRequest = (row: RequestRow): PromotionApproval => ({
  kind: 'promotion',
  id: row.id,
  state: row.state,
  pipeline: row.pipeline,
  version: row.version,
  fromVersion: row.from_version,
  environment: row.environment,
  requestedBy: row.requested_by,
  comment: row.comment,
  evidence: row.evidence as string[],
  evidenceDigest: row.evidence_digest,
  decidedBy: row.decided_by,
  reason: row.reason,
  requestedAt: row.requested_at.toISOString(),
  decidedAt: row.decided_at?.toISOString() ?? null,
  expiresAt: row.expires_at.toISOString(),
})
