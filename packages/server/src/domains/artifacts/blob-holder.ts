import { type BlobHolder, held } from '../../platform/blobs/holder.ts'

/** Content that a name or a part of an upload points at. */
export const artifactBlobs: BlobHolder = {
  domain: 'artifacts',
  columns: [held('artifacts.file.digest'), held('artifacts.upload_part.digest')],
}
