import { type BlobHolder, held } from '../../platform/blobs/holder.ts'

/** Prediction records as the nodes sent them. */
export const monitoringBlobs: BlobHolder = { domain: 'monitoring', columns: [held('monitoring.segment.digest')] }
