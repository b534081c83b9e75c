import { type BlobHolder, heldAt, heldWithin } from '../../platform/blobs/holder.ts'

/** Of a folder, the list of its files is stored under the digest. */
const isFolder = '? (@.fileCount.type() == "number")'

/** Code, lock files and inputs of every version and run, what steps left and said, and what people were shown. */
export const pipelineBlobs: BlobHolder = {
  domain: 'pipelines',
  columns: [
    heldWithin('pipelines.pipeline_version.spec'),
    heldWithin('pipelines.release.document'),
    heldWithin('pipelines.run.plan'),
    heldWithin('pipelines.run.reproduces'),
    heldWithin('pipelines.run.would_register'),
    // A step may hand the digest of what it uploaded to the next one, days later.
    heldWithin('pipelines.run.params'),
    heldWithin('pipelines.attempt.small_values'),
    heldAt('pipelines.attempt.outputs', '$.*.digest', `$.* ${isFolder}.digest`),
    heldWithin('pipelines.step.reused'),
    heldAt('pipelines.step.reused', '$.outputs.*.digest', `$.outputs.* ${isFolder}.digest`),
    heldWithin('pipelines.approval.evidence'),
    heldWithin('pipelines.promotion_request.evidence'),
    heldWithin('pipelines.step_source.files'),
  ],
}
