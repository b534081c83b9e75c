import { artifactBlobs } from './domains/artifacts/blob-holder.ts'
import { datasetBlobs } from './domains/datasets/blob-holder.ts'
import { deploymentBlobs } from './domains/deployments/blob-holder.ts'
import { monitoringBlobs } from './domains/monitoring/blob-holder.ts'
import { pipelineBlobs } from './domains/pipelines/blob-holder.ts'
import { registryBlobs } from './domains/registry/blob-holder.ts'
import type { BlobHolder } from './platform/blobs/holder.ts'

/**
 * Every domain that needs stored content: what none of them names is garbage. `blob-holders.test.ts` finds a column that
 * was forgotten here.
 */
export const blobHolders: readonly BlobHolder[] = [
  artifactBlobs,
  datasetBlobs,
  deploymentBlobs,
  monitoringBlobs,
  pipelineBlobs,
  registryBlobs,
]
