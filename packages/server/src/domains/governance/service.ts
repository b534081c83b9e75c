import {
  type AnyApproval,
  type Approval,
  type AuditEntry,
  deploymentsEvents,
  type EnvironmentPolicy,
  type GatePolicy,
  type GateVerdict,
  governanceErrors,
  type ModelVersion,
  type Rollout,
  type StepApproval,
} from '@evenkeel/contract'
import { type AuditFilter, listAudit } from '../../platform/audit.ts'
import type { Audit } from '../../platform/audit-chain.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { on } from '../../platform/events.ts'
import { periodic } from '../../platform/jobs.ts'
import * as approvals from './approvals.ts'
import { decideGate, type GateSubject } from './gate.ts'
import { type Delegation, listAllApprovals, type PromotionApprovals, type StepApprovals } from './all-approvals.ts'
import { highestPosition, type Page, type PageRequest, pageOf, positionOf } from '../../platform/page.ts'
import { environmentPolicyOf, gateOf, putEnvironmentPolicy, putGate } from './policies.ts'
import { type ChainReport, presentApproval, presentEntry, presentVerdict } from './present.ts'
import { type ApprovalFilter, governanceStore } from './store.ts'

const fail = failures(governanceErrors)

/** What governance needs from the rest of the platform. `app.ts` hands it over. */
export interface GovernanceDeps {
  readonly db: Db
  readonly now: () => Date
  readonly audit: Pick<Audit, 'verify'>
  readonly version: (projectId: string, model: string, version: number) => Promise<ModelVersion>
  /** Who started a run; null when the run is not known here. */
  readonly runStartedBy: (projectId: string, runId: string) => Promise<string | null>
  readonly rollout: (projectId: string, rolloutId: string) => Promise<Rollout>
  /** The requests of steps of pipelines, which stand in the same list. */
  readonly steps: StepApprovals
  /** Releases of pipelines that wait for a person, which do so too. */
  readonly promotions: PromotionApprovals
}

export type Governance = ReturnType<typeof createGovernance>

export function createGovernance(deps: GovernanceDeps) {
  const { db, now, audit } = deps

  async function getApproval(projectId: string, id: string): Promise<AnyApproval> {
    const row = await governanceStore(db).findApproval(projectId, id)
    const found = row
      ? presentApproval(row)
      : ((await deps.steps.find(projectId, id)) ?? (await deps.promotions.find(projectId, id)))
    if (!found) throw fail('governance.approval_not_found', { approval: id })
    return found
  }

  return {
    getApproval,

    async getVersionApproval(projectId: string, id: string): Promise<Approval> {
      const row = await governanceStore(db).findApproval(projectId, id)
      if (!row) throw fail('governance.approval_not_found', { approval: id })
      return presentApproval(row)
    },

    getGate: (projectId: string, model: string): Promise<GatePolicy> => gateOf(db, projectId, model),

    async putGate(caller: Caller, model: string, policy: GatePolicy): Promise<GatePolicy> {
      await db.transaction().execute((tx) => putGate(tx, caller, model, policy))
      return policy
    },

    /** For the registry: a model that is renamed keeps its gate. */
    renameModel: (tx: Db, projectId: string, from: string, to: string): Promise<void> =>
      governanceStore(tx).renameGate(projectId, from, to),

    getEnvironmentPolicy: (projectId: string, environment: string): Promise<EnvironmentPolicy> =>
      environmentPolicyOf(db, projectId, environment),

    async putEnvironmentPolicy(caller: Caller, environment: string, policy: EnvironmentPolicy) {
      await db.transaction().execute((tx) => putEnvironmentPolicy(tx, caller, environment, policy))
      return policy
    },

    /** Judges a version by the gate of its model, as it is written in this transaction. */
    async decideGate(tx: Db, subject: GateSubject & { projectId: string; model: string }): Promise<GateVerdict> {
      return decideGate(await gateOf(tx, subject.projectId, subject.model), subject, now())
    },

    requestApproval: (tx: Db, request: approvals.ApprovalRequest): Promise<Approval> =>
      approvals.requestApproval(tx, request, now()),

    async decide(caller: Caller, decision: approvals.Decision): Promise<AnyApproval> {
      const asked = await getApproval(caller.projectId, decision.approval)
      if (asked.kind === 'step') return deps.steps.decide(caller, decision)
      if (asked.kind === 'promotion') return deps.promotions.decide(caller, decision)
      const subject = await subjectOf(caller.projectId, asked)
      return db.transaction().execute((tx) => approvals.decide(tx, caller, decision, subject, now()))
    },

    async delegate(caller: Caller, delegation: Delegation): Promise<StepApproval> {
      const asked = await getApproval(caller.projectId, delegation.approval)
      if (asked.kind === 'step') return deps.steps.delegate(caller, delegation)
      const why = `Anybody with the approver role may decide about a ${asked.kind}, so there is no voice to hand on.`
      throw fail('governance.cannot_delegate', delegation, { why })
    },

    /** Newest first, of versions, steps and promotions. */
    listApprovals: (projectId: string, filter: ApprovalFilter & PageRequest): Promise<Page<AnyApproval>> =>
      listAllApprovals(governanceStore(db), deps, projectId, filter),

    /** Every request for these versions, oldest first. */
    async approvalsOf(projectId: string, model: string, versions: readonly number[]): Promise<Approval[]> {
      return (await governanceStore(db).listApprovalsOf(projectId, model, versions)).map(presentApproval)
    },

    /** Newest first. */
    async listAudit(
      projectId: string,
      filter: Omit<AuditFilter, 'projectId'> & PageRequest,
    ): Promise<Page<AuditEntry>> {
      const { limit, cursor } = filter
      const beforePosition = cursor === undefined ? highestPosition : positionOf(cursor)
      const keyset = { beforePosition, limit: limit + 1 }
      const entries = await listAudit(db, { ...filter, ...keyset, projectId })
      const { items, nextCursor } = pageOf(entries, limit, (entry) => entry.position)
      return { items: items.map(presentEntry), nextCursor }
    },

    verifyAudit: async (): Promise<ChainReport> => presentVerdict(await audit.verify()),

    subscriptions: [
      on(deploymentsEvents, 'deployments.rollout_ended', 'governance.withdraw_approval', async (event) => {
        const { approvalId, says } = await deps.rollout(event.projectId, event.rolloutId)
        if (!approvalId) return
        await db.transaction().execute((tx) => approvals.withdraw(tx, event.projectId, approvalId, says, now()))
      }),
    ],

    jobs: [
      periodic('governance.expire_approvals', 60, () =>
        db.transaction().execute((tx) => approvals.expireOverdue(tx, now())),
      ),
    ],
  }

  async function subjectOf(projectId: string, { model, version: number }: Approval): Promise<approvals.Subject> {
    const version = await deps.version(projectId, model, number)
    const { runId } = version.lineage
    return { version, runStartedBy: runId === null ? null : await deps.runStartedBy(projectId, runId) }
  }
}
