import { type BlobHolder, held, heldWithin } from '../../platform/blobs/holder.ts'

/** The files of every version; those of refused ones show why. */
export const datasetBlobs: BlobHolder = {
  domain: 'datasets',
  columns: [held('datasets.version.digest'), heldWithin('datasets.version.files')],
}
