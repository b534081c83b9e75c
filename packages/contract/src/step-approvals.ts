import { z } from 'zod'
import { Digest, Name, Timestamp } from './common.ts'
import { ParamValue } from './triggers.ts'

const PersonName = z.string().min(1).max(128)

/** A step that waits for people. What a person writes as `uses: evenkeel/approve@1`. */
export const ApprovalSpec = z
  .object({
    /** What they are asked, in words. */
    message: z.string().max(2000).default(''),
    /** Whose voices count; null: anybody who may approve. */
    by: z.array(PersonName).min(1).max(50).nullable().default(null),
    /** So many people must agree; one that rejects is enough to reject. */
    count: z.int().min(1).max(20).default(1),
    expiresSeconds: z.int().positive().max(31_536_000).default(604_800),
    /** What the steps behind it reach; its policy says whether duties are separated. */
    environment: Name.default('production'),
    /** Whether who started the run may not approve it; absent: as the policy of the environment says. */
    separateDuties: z.boolean().optional(),
    /** The output or the small value that is decided on. */
    subject: z.object({ step: z.string().min(1), output: Name }).optional(),
  })
  .refine(({ environment, separateDuties }) => environment !== 'production' || separateDuties !== false, {
    error: 'duties are always separated in production; name another environment, or leave it out',
    path: ['separateDuties'],
  })
  .refine(({ by, count }) => by === null || new Set(by).size >= count, {
    error: 'fewer people are asked than must agree',
    path: ['count'],
  })
export type ApprovalSpec = z.infer<typeof ApprovalSpec>

/** What a step had left when people were asked; `summary` is Markdown, not to be trusted as HTML. */
const StepEvidence = z.object({
  step: z.string(),
  state: z.string(),
  says: z.string(),
  values: z.record(z.string(), z.string()),
  outputs: z.record(z.string(), z.object({ digest: Digest, sizeBytes: z.int() })),
  summary: z.string().nullable(),
})

/** What was true when people were asked, frozen: it does not change with what happens later. */
export const ApprovalEvidence = z.object({
  trigger: z.object({ kind: z.string(), says: z.string() }),
  startedBy: z.string(),
  params: z.record(z.string(), ParamValue),
  pipeline: z.object({
    version: z.int(),
    commit: z.string(),
    /** The last run that was approved at this step; null when none was. */
    comparedWith: z.object({ run: z.string(), version: z.int() }).nullable(),
    /** What is other in the pipeline since, in words, one line each. */
    changes: z.array(z.string()),
  }),
  subject: z.object({ step: z.string(), output: z.string(), is: z.string().nullable() }).nullable(),
  /** The steps it needs. */
  steps: z.array(StepEvidence),
  datasets: z.array(z.object({ dataset: Name, version: z.int(), digest: Digest, rowCount: z.int() })),
  /** The steps that may run on yes. */
  follows: z.array(z.string()),
})
export type ApprovalEvidence = z.infer<typeof ApprovalEvidence>

export const ApprovalState = z.enum(['pending', 'approved', 'rejected', 'expired', 'withdrawn'])
export type ApprovalState = z.infer<typeof ApprovalState>

/** A step of a run that asks people. */
export const StepApproval = z
  .object({
    kind: z.literal('step'),
    id: z.string(),
    state: ApprovalState,
    pipeline: Name,
    run: z.string(),
    step: z.string(),
    environment: Name,
    requestedBy: z.string(),
    message: z.string(),
    /** Whose voices count, and who holds each; null: anybody who may approve. */
    voices: z.array(z.object({ of: z.string(), heldBy: z.string() })).nullable(),
    count: z.int(),
    evidence: ApprovalEvidence,
    /** Of the canonical JSON of the evidence. */
    evidenceDigest: Digest,
    /** Oldest first; a voice that was handed on is one too. */
    decisions: z.array(
      z.object({
        by: z.string(),
        decision: z.enum(['approve', 'reject', 'delegate']),
        to: z.string().nullable(),
        reason: z.string(),
        at: Timestamp,
      }),
    ),
    /** How it ended, in words. */
    reason: z.string().nullable(),
    requestedAt: Timestamp,
    decidedAt: Timestamp.nullable(),
    expiresAt: Timestamp,
  })
  .meta({ id: 'StepApproval' })
export type StepApproval = z.infer<typeof StepApproval>
