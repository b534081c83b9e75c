import { z } from 'zod'
import { MlflowMetric } from './metrics.ts'
import { defineRpcs } from './rpc.ts'
import { enumeration, flag, int64Reply, keyValue, repeated, required } from './scalars.ts'

const status = enumeration({ LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 })

export const MlflowLoggedModel = z
  .object({
    info: z.object({
      model_id: z.string(),
      experiment_id: z.string(),
      name: z.string(),
      creation_timestamp_ms: int64Reply,
      last_updated_timestamp_ms: int64Reply,
      artifact_uri: z.string(),
      status: z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']),
      model_type: z.string().optional(),
      source_run_id: z.string().optional(),
      status_message: z.string().optional(),
      tags: z.array(keyValue),
      registrations: z.array(z.object({ name: z.string(), version: z.string() })),
    }),
    data: z.object({ params: z.array(keyValue), metrics: z.array(MlflowMetric) }),
  })
  .meta({ id: 'MlflowLoggedModel' })
export type MlflowLoggedModel = z.infer<typeof MlflowLoggedModel>

const write = { methods: ['POST'], versions: ['2.0'], access: 'tracking:write' } as const
const one = z.object({ model_id: required })
const pair = z.object({ key: required, value: z.string().default('') })
const model = z.object({ model: MlflowLoggedModel })
const nothing = z.object({})

/** Models that runs logged, as the MLflow client speaks of them. */
export const mlflowLoggedModels = defineRpcs({
  createLoggedModel: {
    ...write,
    path: 'logged-models',
    summary: 'Announce a model, whose files follow.',
    request: z.object({
      experiment_id: required,
      name: z.string().nullish(),
      model_type: z.string().nullish(),
      source_run_id: z.string().nullish(),
      params: repeated(pair),
      tags: repeated(pair),
    }),
    response: model,
  },
  getLoggedModel: {
    ...write,
    methods: ['GET'],
    access: 'tracking:read',
    path: 'logged-models/{model_id}',
    summary: 'Read a logged model.',
    request: one.extend({ allow_deleted: flag.default(false) }),
    response: model,
  },
  finalizeLoggedModel: {
    ...write,
    methods: ['PATCH'],
    path: 'logged-models/{model_id}',
    summary: 'Say whether the files of a model have arrived.',
    request: one.extend({ status }),
    response: model,
  },
  deleteLoggedModel: {
    ...write,
    methods: ['DELETE'],
    path: 'logged-models/{model_id}',
    summary: 'Delete a logged model; its files stay.',
    request: one,
    response: nothing,
  },
  setLoggedModelTags: {
    ...write,
    methods: ['PATCH'],
    path: 'logged-models/{model_id}/tags',
    summary: 'Set tags of a logged model.',
    request: one.extend({ tags: repeated(pair) }),
    response: nothing,
  },
  deleteLoggedModelTag: {
    ...write,
    methods: ['DELETE'],
    path: 'logged-models/{model_id}/tags/{tag_key}',
    summary: 'Delete a tag of a logged model.',
    request: one.extend({ tag_key: required }),
    response: nothing,
  },
  logLoggedModelParams: {
    ...write,
    path: 'logged-models/{model_id}/params',
    summary: 'Add params to a logged model.',
    request: one.extend({ params: repeated(pair) }),
    response: nothing,
  },
})
