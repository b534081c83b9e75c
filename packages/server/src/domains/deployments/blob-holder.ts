import { type BlobHolder, held, heldWithin } from '../../platform/blobs/holder.ts'

/** What nodes serve, have served and may be rolled back to. */
export const deploymentBlobs: BlobHolder = {
  domain: 'deployments',
  columns: [
    held('deployments.artifact.digest'),
    held('deployments.artifact.golden'),
    heldWithin('deployments.environment.desired'),
  ],
}
