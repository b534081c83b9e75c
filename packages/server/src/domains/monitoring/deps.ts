import type { ModelVersion, Rollout } from '@evenkeel/contract'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import type { Db } from '../../platform/db.ts'
import type { Change } from './diagnosis.ts'

/** What monitoring needs from the rest of the platform. `app.ts` hands it over. */
export interface MonitoringDeps {
  readonly db: Db
  readonly blobs: BlobStore
  readonly now: () => Date
  /** Its baselines never change. @throws DomainError `registry.version_not_found` */
  readonly version: (projectId: string, model: string, version: number) => Promise<ModelVersion>
  /** @throws DomainError `deployments.endpoint_not_found` */
  readonly endpoint: (projectId: string, endpoint: string) => Promise<{ readonly model: string }>
  /** The models of those of these endpoints that are there. */
  readonly serving: (
    projectId: string,
    endpoints: readonly string[],
  ) => Promise<readonly { readonly name: string; readonly model: string }[]>
  /** Told after predictions or labels of an endpoint were stored. */
  readonly arrived: (projectId: string, endpoint: string) => void
  readonly rollout: (projectId: string, rolloutId: string) => Promise<Rollout>
  /** Rollouts of the endpoint and refused dataset versions of its model in a span of event time, oldest first. */
  readonly changesBetween: (
    projectId: string,
    endpoint: string,
    fromIso: string,
    untilIso: string,
  ) => Promise<readonly Change[]>
}
