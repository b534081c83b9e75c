import { sql } from 'kysely'
import { type BlobHolder, type Column, type HeldColumn, heldWithin } from '../../platform/blobs/holder.ts'

/** Code, lock files and inputs of every version and run, what steps left, and what people were shown. */
export const pipelineBlobs: BlobHolder = {
  domain: 'pipelines',
  columns: [
    heldWithin('pipelines.pipeline_version.spec'),
    heldWithin('pipelines.release.document'),
    heldWithin('pipelines.run.plan'),
    heldWithin('pipelines.run.reproduces'),
    heldWithin('pipelines.run.would_register'),
    heldOutputs('pipelines.attempt.outputs', sql`outputs`),
    heldOutputs('pipelines.step.reused', sql`reused -> 'outputs'`),
    heldWithin('pipelines.approval.evidence'),
    heldWithin('pipelines.step_source.files'),
  ],
}

/** Of a folder, the list of its files is stored under the digest. */
function heldOutputs(column: Column, outputs: ReturnType<typeof sql>): HeldColumn {
  const table = sql.table(column.split('.').slice(0, 2).join('.'))
  const folders = sql<{ digest: string }>`
    select output ->> 'digest' as digest from ${table}, jsonb_path_query(${outputs}, '$.*') output
    where jsonb_typeof(output -> 'fileCount') = 'number'`
  return { ...heldWithin(column), folders }
}
