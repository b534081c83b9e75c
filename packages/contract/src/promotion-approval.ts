import { z } from 'zod'
import { Digest, Name, Timestamp } from './common.ts'
import { ApprovalState } from './step-approvals.ts'

/** Somebody wants a release of a pipeline in force in an environment; it is put there when another person approves. */
export const PromotionApproval = z
  .object({
    kind: z.literal('promotion'),
    id: z.string(),
    state: ApprovalState,
    pipeline: Name,
    version: z.int(),
    /** What was in force when they were asked; null when nothing was. */
    fromVersion: z.int().nullable(),
    environment: Name,
    requestedBy: z.string(),
    comment: z.string(),
    /** What was true when they were asked, frozen: sentences with numbers. */
    evidence: z.array(z.string()),
    /** Of the canonical JSON of the evidence. */
    evidenceDigest: Digest,
    decidedBy: z.string().nullable(),
    /** How it ended, in words. */
    reason: z.string().nullable(),
    requestedAt: Timestamp,
    decidedAt: Timestamp.nullable(),
    expiresAt: Timestamp,
  })
  .meta({ id: 'PromotionApproval' })
export type PromotionApproval = z.infer<typeof PromotionApproval>
