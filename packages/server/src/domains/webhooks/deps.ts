import type { CatalogModel, CatalogVersion } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import type { Log } from '../../platform/logging.ts'

/** What webhooks need from the rest of the platform. `app.ts` hands it over. */
export interface WebhooksDeps {
  readonly db: Db
  readonly log: Log
  readonly now: () => Date
  /** Data folder, whose key seals secrets. */
  readonly folder: string
  /** Whether they may lead to this machine and to private networks. */
  readonly privateWebhooks: boolean
  /** What there is to tell. @throws DomainError with status 404 for what is gone */
  readonly registeredModels: { get(caller: Caller, model: string): Promise<CatalogModel> }
  readonly modelVersions: { get(caller: Caller, model: string, version: string): Promise<CatalogVersion> }
}
