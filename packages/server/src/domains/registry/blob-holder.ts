import { sql } from 'kysely'
import { type BlobHolder, held, heldWithin } from '../../platform/blobs/holder.ts'

const isThere = sql`deleted_at is null`

/** Models and their golden samples; of a deleted version only its number stays. A draft keeps its files until it goes. */
export const registryBlobs: BlobHolder = {
  domain: 'registry',
  columns: [
    held('registry.model_version.artifact_digest', isThere),
    held('registry.model_version.golden', isThere),
    heldWithin('registry.import_draft.content'),
  ],
}
