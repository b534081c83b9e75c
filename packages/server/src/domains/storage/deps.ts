import type { BlobHolder } from '../../platform/blobs/holder.ts'
import type { Platform } from '../../platform/server.ts'

/** What storage needs from the rest of the platform. `app.ts` hands it over. */
export interface StorageDeps extends Pick<Platform, 'db' | 'blobs' | 'log'> {
  readonly now: () => Date
  /** Every domain that keeps digests. Content that none of them names is deleted. */
  readonly holders: readonly BlobHolder[]
  /** Content that is held though no table names it. */
  readonly alwaysHeld: readonly string[]
  readonly collecting: {
    /** Whether it is done every night by itself. */
    readonly nightly: boolean
    readonly graceHours: number
  }
}
