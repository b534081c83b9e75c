import { z } from 'zod'
import { Double, Int64, Lifecycle } from './tracking.ts'

export const LoggedModelStatus = z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'])
export type LoggedModelStatus = z.infer<typeof LoggedModelStatus>

/** A model that a run logged; its files lie below `artifactUri`. */
export const LoggedModel = z
  .object({
    /** `m-` and 32 hex digits. */
    id: z.string(),
    experimentId: z.string(),
    name: z.string(),
    modelType: z.string().nullable(),
    sourceRunId: z.string().nullable(),
    status: LoggedModelStatus,
    statusMessage: z.string().nullable(),
    artifactUri: z.string(),
    lifecycle: Lifecycle,
    createdMs: z.int(),
    updatedMs: z.int(),
    params: z.record(z.string(), z.string()),
    tags: z.record(z.string(), z.string()),
    /** The newest point of each metric, run and data set; the name and digest of the latter are empty when there is none. */
    metrics: z.array(
      z.object({
        key: z.string(),
        value: Double,
        timestampMs: Int64,
        step: Int64,
        runId: z.string(),
        datasetName: z.string(),
        datasetDigest: z.string(),
      }),
    ),
  })
  .meta({ id: 'LoggedModel' })
export type LoggedModel = z.infer<typeof LoggedModel>
