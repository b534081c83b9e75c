import { z } from 'zod'

/** Text of an integer beyond 2^53 stays text. Old servers write small ones as text too. */
const int64 = z
  .union([z.int(), z.string().regex(/^-?\d{1,19}$/)])
  .transform((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))
const ms = int64.transform(Number)
const double = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
])
const text = z.string().default('')
const pair = z.object({ key: z.string(), value: text })
const list = <S extends z.ZodType>(item: S) => z.array(item).default([])
const lifecycle = z.enum(['active', 'deleted']).default('active')
const token = z.string().optional()

export const SourceExperiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: text,
  lifecycle_stage: lifecycle,
  creation_time: ms.default(0),
  last_update_time: ms.default(0),
  tags: list(pair),
})
export type SourceExperiment = z.infer<typeof SourceExperiment>

const metric = z.object({
  key: z.string(),
  value: double.default(0),
  timestamp: int64.default(0),
  step: int64.default(0),
})
export type SourceMetric = z.infer<typeof metric>

const datasetInput = z.object({
  tags: list(pair),
  dataset: z.object({
    name: text,
    digest: text,
    source_type: text,
    source: text,
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
})

export const SourceRun = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: text,
    experiment_id: z.string(),
    user_id: text,
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']).default('RUNNING'),
    start_time: ms.default(0),
    end_time: ms.optional(),
    artifact_uri: text,
    lifecycle_stage: lifecycle,
  }),
  data: z.object({ metrics: list(metric), params: list(pair), tags: list(pair) }).prefault({}),
  inputs: z
    .object({ dataset_inputs: list(datasetInput), model_inputs: list(z.object({ model_id: z.string() })) })
    .prefault({}),
  outputs: z.object({ model_outputs: list(z.object({ model_id: z.string(), step: int64.default(0) })) }).prefault({}),
})
export type SourceRun = z.infer<typeof SourceRun>

export const SourceLoggedModel = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    creation_timestamp_ms: ms.default(0),
    last_updated_timestamp_ms: ms.default(0),
    artifact_uri: text,
    status: z
      .enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'])
      .default('LOGGED_MODEL_READY'),
    status_message: z.string().optional(),
    model_type: text,
    source_run_id: text,
    tags: list(pair),
  }),
  data: z
    .object({
      params: list(pair),
      metrics: list(metric.extend({ run_id: text, dataset_name: text, dataset_digest: text })),
    })
    .prefault({}),
})
export type SourceLoggedModel = z.infer<typeof SourceLoggedModel>

export const SourceModel = z.object({
  name: z.string(),
  creation_timestamp: ms.default(0),
  last_updated_timestamp: ms.default(0),
  description: text,
  tags: list(pair),
  aliases: list(z.object({ alias: z.string(), version: z.union([z.string(), z.int()]).transform(Number) })),
})
export type SourceModel = z.infer<typeof SourceModel>

export const SourceVersion = z.object({
  name: z.string(),
  version: z.union([z.string(), z.int()]).transform(Number),
  creation_timestamp: ms.default(0),
  last_updated_timestamp: ms.default(0),
  user_id: text,
  current_stage: z.enum(['None', 'Staging', 'Production', 'Archived']).catch('None'),
  description: text,
  source: text,
  run_id: text,
  run_link: text,
  model_id: text,
  tags: list(pair),
})
export type SourceVersion = z.infer<typeof SourceVersion>

export const experimentsPage = z.object({ experiments: list(SourceExperiment), next_page_token: token })
export const runsPage = z.object({ runs: list(SourceRun), next_page_token: token })
export const historyPage = z.object({ metrics: list(metric), next_page_token: token })
export const loggedModelsPage = z.object({ models: list(SourceLoggedModel), next_page_token: token })
export const modelsPage = z.object({ registered_models: list(SourceModel), next_page_token: token })
export const versionsPage = z.object({ model_versions: list(SourceVersion), next_page_token: token })
export const filesList = z.object({
  files: list(z.object({ path: z.string(), is_dir: z.boolean().default(false), file_size: int64.optional() })),
})
export const downloadUri = z.object({ artifact_uri: text })
