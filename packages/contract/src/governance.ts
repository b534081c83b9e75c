import { z } from 'zod'
import { Digest, EventBase, ModelName, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'
import { PromotionApproval } from './promotion-approval.ts'
import { ApprovalState, StepApproval } from './step-approvals.ts'

/** What a version must show before it may be deployed anywhere. */
export const GatePolicy = z.object({
  metric: z.literal('auc').default('auc'),
  /** The candidate must reach this by itself. */
  atLeast: z.number().default(0.6),
  /** Lower bound of the paired 95 % interval of candidate − champion must be above this. */
  beatChampionBy: z.number().default(0),
  minHoldoutRows: z.int().nonnegative().default(1000),
})
export type GatePolicy = z.infer<typeof GatePolicy>

/** Who lets a version into an environment: nobody needs to (`self`), or a named person (`person`). */
export const EnvironmentPolicy = z.object({
  approval: z.enum(['self', 'person']),
  /** Who trained may not approve. */
  separateDuties: z.boolean().default(true),
  expiresAfterHours: z.number().positive().max(8760).default(168),
})
export type EnvironmentPolicy = z.infer<typeof EnvironmentPolicy>

/** Somebody wants a version in an environment. */
export const Approval = z
  .object({
    kind: z.literal('version'),
    id: z.string(),
    state: ApprovalState,
    model: ModelName,
    version: z.int(),
    environment: Name,
    /** The approval binds to this content and dies when it changes. */
    digest: Digest,
    requestedBy: z.string(),
    comment: z.string(),
    /** What the decider should look at: sentences with numbers. */
    evidence: z.array(z.string()),
    decidedBy: z.string().nullable(),
    reason: z.string().nullable(),
    requestedAt: Timestamp,
    decidedAt: Timestamp.nullable(),
    expiresAt: Timestamp,
  })
  .meta({ id: 'Approval' })
export type Approval = z.infer<typeof Approval>

/** Whatever waits for people: one list holds all of it. */
export const AnyApproval = z.discriminatedUnion('kind', [Approval, StepApproval, PromotionApproval])
export type AnyApproval = z.infer<typeof AnyApproval>

export const AuditEntry = z
  .object({
    position: z.int(),
    at: Timestamp,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    reason: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
    hash: z.string(),
    previousHash: z.string(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>

export const governanceErrors = defineErrors({
  'governance.approval_not_found': {
    status: 404,
    message: 'No such approval request.',
    fix: 'evenkeel approve list',
    details: z.object({ approval: z.string() }),
  },
  'governance.already_decided': {
    status: 409,
    message: 'The request has been decided already.',
    fix: 'Read it to see by whom; ask again if things changed.',
    details: z.object({ approval: z.string(), state: ApprovalState }),
  },
  'governance.own_work': {
    status: 403,
    message: 'Who asked for it, made it or started its run may not approve it.',
    fix: 'Ask another person with the approver role.',
    details: z.object({ approval: z.string(), user: z.string() }),
  },
  'governance.not_asked': {
    status: 403,
    message: 'Others are asked here.',
    fix: 'Ask one of them to decide, or to hand you their voice.',
    details: z.object({ approval: z.string(), user: z.string(), asked: z.array(z.string()) }),
  },
  'governance.voice_used': {
    status: 409,
    message: 'Each person counts once, and this one has decided already.',
    fix: 'Wait for the others.',
    details: z.object({ approval: z.string(), user: z.string() }),
  },
  'governance.cannot_delegate': {
    status: 409,
    message: 'This voice cannot be handed on.',
    fix: 'Name a person who is not asked yet and did not start the run.',
    details: z.object({ approval: z.string(), to: z.string() }),
  },
  'governance.content_changed': {
    status: 409,
    message: 'The version changed after approval was asked for.',
    fix: 'Ask for approval again.',
    details: z.object({ approval: z.string() }),
  },
})

export const governanceEvents = defineEvents({
  'governance.approval_requested': EventBase.extend({
    approvalId: z.string(),
    model: ModelName,
    version: z.int(),
    environment: Name,
  }),
  'governance.approval_decided': EventBase.extend({
    approvalId: z.string(),
    model: ModelName,
    version: z.int(),
    environment: Name,
    approved: z.boolean(),
  }),
})

export const governance = defineEndpoints({
  getGate: {
    method: 'GET',
    path: '/api/v1/policies/gate/{model}',
    summary: 'Read the gate of a model.',
    access: 'governance:read',
    params: z.object({ model: ModelName }),
    success: { status: 200, body: GatePolicy },
    errors: [],
  },
  putGate: {
    method: 'PUT',
    path: '/api/v1/policies/gate/{model}',
    summary: 'Write the gate of a model.',
    access: 'governance:write',
    params: z.object({ model: ModelName }),
    body: GatePolicy,
    success: { status: 200, body: GatePolicy },
    errors: [],
  },
  getEnvironmentPolicy: {
    method: 'GET',
    path: '/api/v1/policies/environments/{environment}',
    summary: 'Read who lets versions into an environment.',
    access: 'governance:read',
    params: z.object({ environment: Name }),
    success: { status: 200, body: EnvironmentPolicy },
    errors: [],
  },
  putEnvironmentPolicy: {
    method: 'PUT',
    path: '/api/v1/policies/environments/{environment}',
    summary: 'Write who lets versions into an environment.',
    access: 'governance:write',
    params: z.object({ environment: Name }),
    body: EnvironmentPolicy,
    success: { status: 200, body: EnvironmentPolicy },
    errors: [],
  },
  listApprovals: {
    method: 'GET',
    path: '/api/v1/approvals',
    summary: 'List approval requests, newest first.',
    access: 'governance:read',
    /** A model has approvals of versions only. */
    query: PageQuery.extend({ state: ApprovalState.optional(), model: ModelName.optional() }),
    success: { status: 200, body: pageOf(AnyApproval) },
    errors: [],
  },
  getApproval: {
    method: 'GET',
    path: '/api/v1/approvals/{approval}',
    summary: 'Read an approval request.',
    access: 'governance:read',
    params: z.object({ approval: z.string().max(64) }),
    success: { status: 200, body: AnyApproval },
    errors: ['governance.approval_not_found'],
  },
  decide: {
    method: 'POST',
    path: '/api/v1/approvals/{approval}/decision',
    summary: 'Approve or reject, with a reason.',
    access: 'governance:write',
    params: z.object({ approval: z.string().max(64) }),
    body: z.object({ decision: z.enum(['approve', 'reject']), reason: z.string().min(3).max(1000) }),
    success: { status: 200, body: AnyApproval },
    errors: [
      'governance.approval_not_found',
      'governance.already_decided',
      'governance.own_work',
      'governance.content_changed',
      'governance.not_asked',
      'governance.voice_used',
    ],
  },
  delegate: {
    method: 'POST',
    path: '/api/v1/approvals/{approval}/delegation',
    summary: 'Hand your voice in an approval to another person.',
    access: 'governance:write',
    params: z.object({ approval: z.string().max(64) }),
    body: z.object({ to: z.string().min(1).max(128), reason: z.string().max(1000).default('') }),
    success: { status: 200, body: StepApproval },
    errors: [
      'governance.approval_not_found',
      'governance.already_decided',
      'governance.not_asked',
      'governance.voice_used',
      'governance.cannot_delegate',
    ],
  },
  listAudit: {
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'List audit entries, newest first.',
    access: 'governance:read',
    query: PageQuery.extend({
      subject: z.string().max(300).optional(),
      actor: z.string().max(128).optional(),
      action: z.string().max(128).optional(),
    }),
    success: { status: 200, body: pageOf(AuditEntry) },
    errors: [],
  },
  verifyAudit: {
    method: 'GET',
    path: '/api/v1/audit/verify',
    summary: 'Recompute the hash chain and check its signed checkpoints.',
    access: 'governance:read',
    success: {
      status: 200,
      body: z.object({
        intact: z.boolean(),
        entryCount: z.int(),
        checkpointCount: z.int(),
        brokenAt: z.int().nullable(),
        says: z.string(),
      }),
    },
    errors: [],
  },
})
