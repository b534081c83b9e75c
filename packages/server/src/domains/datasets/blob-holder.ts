import { type BlobHolder, heldAt } from '../../platform/blobs/holder.ts'

/** The files of every version; those of refused ones show why. */
export const datasetBlobs: BlobHolder = {
  domain: 'datasets',
  columns: [heldAt('datasets.version.files', '$[*].digest')],
}
