import { sql } from 'kysely'
import { type BlobHolder, held } from '../../platform/blobs/holder.ts'

const isThere = sql`deleted_at is null`

/** Models and their golden samples; of a deleted version only its number stays. */
export const registryBlobs: BlobHolder = {
  domain: 'registry',
  columns: [held('registry.model_version.artifact_digest', isThere), held('registry.model_version.golden', isThere)],
}
