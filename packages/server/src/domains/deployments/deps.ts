import type { Approval, ModelVersion } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import type { SigningKey } from '../../platform/signing-key.ts'
import type { CanaryEvidence } from './judge/judging.ts'

/** What governance needs to know to let a version into an environment. */
export interface ApprovalRequest {
  readonly projectId: string
  readonly model: string
  readonly version: number
  readonly environment: string
  readonly digest: string
  readonly requestedBy: string
  readonly comment: string
  /** Sentences with numbers. */
  readonly evidence: readonly string[]
}

/** Asks in the caller's transaction; the answer is there at once where no person has to decide. */
export type RequestApproval = (tx: Db, request: ApprovalRequest) => Promise<Approval>

/** Event time of an endpoint's newest prediction, ISO 8601; null when there is none. */
export type EventTimeOf = (projectId: string, endpoint: string) => Promise<string | null>

/** What deployments need from the rest of the platform. `app.ts` hands it over. */
export interface DeploymentsDeps {
  readonly db: Db
  /** The connection string of `db`. */
  readonly url: string
  readonly now: () => Date
  /** Signs desired states. */
  readonly signingKey: SigningKey
  /** @throws DomainError `registry.version_not_found` */
  readonly version: (projectId: string, model: string, version: number) => Promise<ModelVersion>
  readonly requestApproval: RequestApproval
  /** What has been recorded of a rollout so far. */
  readonly evidence: (projectId: string, endpoint: string, rolloutId: string) => Promise<CanaryEvidence>
  readonly eventTime: EventTimeOf
}
