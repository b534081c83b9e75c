import { z } from 'zod'
import { MlflowModelVersion } from './model-versions.ts'
import { defineRpcs } from './rpc.ts'
import { int64, int64Reply, keyValue, repeated, required } from './scalars.ts'

export const MlflowRegisteredModel = z
  .object({
    name: z.string(),
    creation_timestamp: int64Reply,
    last_updated_timestamp: int64Reply,
    user_id: z.string(),
    description: z.string().optional(),
    latest_versions: z.array(MlflowModelVersion),
    tags: z.array(keyValue),
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })),
  })
  .meta({ id: 'MlflowRegisteredModel' })
export type MlflowRegisteredModel = z.infer<typeof MlflowRegisteredModel>

const read = { methods: ['GET'], versions: ['2.0'], access: 'registry:read' } as const
const write = { methods: ['POST'], versions: ['2.0'], access: 'registry:write' } as const
const remove = { ...write, methods: ['DELETE'] } as const
const nothing = z.object({})
const one = z.object({ name: required })
const tag = one.extend({ key: required })
const alias = one.extend({ alias: required })
const answer = z.object({ registered_model: MlflowRegisteredModel })

/** Registered models, as the MLflow client speaks of them. */
export const mlflowRegisteredModels = defineRpcs({
  createRegisteredModel: {
    ...write,
    path: 'registered-models/create',
    summary: 'Create a registered model.',
    request: one.extend({ description: z.string().default(''), tags: repeated(keyValue) }),
    response: answer,
  },
  getRegisteredModel: {
    ...read,
    path: 'registered-models/get',
    summary: 'Read a registered model.',
    request: one,
    response: answer,
  },
  renameRegisteredModel: {
    ...write,
    path: 'registered-models/rename',
    summary: 'Rename a registered model that nothing was deployed of.',
    request: one.extend({ new_name: required }),
    response: answer,
  },
  updateRegisteredModel: {
    ...write,
    methods: ['PATCH'],
    path: 'registered-models/update',
    summary: 'Describe a registered model.',
    request: one.extend({ description: z.string().default('') }),
    response: answer,
  },
  deleteRegisteredModel: {
    ...remove,
    path: 'registered-models/delete',
    summary: 'Delete a registered model that nothing was deployed of, and its versions.',
    request: one,
    response: nothing,
  },
  searchRegisteredModels: {
    ...read,
    path: 'registered-models/search',
    summary: 'Search registered models.',
    request: z.object({
      filter: z.string().default(''),
      max_results: int64.default(100),
      order_by: repeated(z.string()),
      page_token: z.string().optional(),
    }),
    response: z.object({ registered_models: z.array(MlflowRegisteredModel), next_page_token: z.string().optional() }),
  },
  getLatestVersions: {
    ...read,
    methods: ['POST', 'GET'],
    path: 'registered-models/get-latest-versions',
    summary: 'Read the newest version under each stage label.',
    request: one.extend({ stages: repeated(z.string()) }),
    response: z.object({ model_versions: z.array(MlflowModelVersion) }),
  },
  setRegisteredModelTag: {
    ...write,
    path: 'registered-models/set-tag',
    summary: 'Set a tag of a registered model.',
    request: tag.extend({ value: z.string().default('') }),
    response: nothing,
  },
  deleteRegisteredModelTag: {
    ...remove,
    path: 'registered-models/delete-tag',
    summary: 'Delete a tag of a registered model.',
    request: tag,
    response: nothing,
  },
  setRegisteredModelAlias: {
    ...write,
    path: 'registered-models/alias',
    summary: 'Point an alias at a version.',
    request: alias.extend({ version: required }),
    response: nothing,
  },
  deleteRegisteredModelAlias: {
    ...remove,
    path: 'registered-models/alias',
    summary: 'Take an alias away.',
    request: alias,
    response: nothing,
  },
  getModelVersionByAlias: {
    ...read,
    path: 'registered-models/alias',
    summary: 'Read the version that carries an alias.',
    request: alias,
    response: z.object({ model_version: MlflowModelVersion }),
  },
})
