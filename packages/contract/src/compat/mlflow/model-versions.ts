import { z } from 'zod'
import { defineRpcs } from './rpc.ts'
import { flag, int64, int64Reply, keyValue, repeated, required } from './scalars.ts'

export const MlflowModelVersion = z
  .object({
    name: z.string(),
    /** A number, as text. */
    version: z.string(),
    creation_timestamp: int64Reply,
    last_updated_timestamp: int64Reply,
    user_id: z.string(),
    current_stage: z.string(),
    description: z.string().optional(),
    source: z.string().optional(),
    run_id: z.string().optional(),
    run_link: z.string().optional(),
    model_id: z.string().optional(),
    status: z.literal('READY'),
    tags: z.array(keyValue),
    aliases: z.array(z.string()),
  })
  .meta({ id: 'MlflowModelVersion' })
export type MlflowModelVersion = z.infer<typeof MlflowModelVersion>

const read = { methods: ['GET'], versions: ['2.0'], access: 'registry:read' } as const
const write = { methods: ['POST'], versions: ['2.0'], access: 'registry:write' } as const
const nothing = z.object({})
const one = z.object({ name: required, version: required })
const tag = one.extend({ key: required })
const answer = z.object({ model_version: MlflowModelVersion })

/** Versions of registered models, as the MLflow client speaks of them. */
export const mlflowModelVersions = defineRpcs({
  createModelVersion: {
    ...write,
    path: 'model-versions/create',
    summary: 'Register a version of a model.',
    request: z.object({
      name: required,
      source: required,
      run_id: z.string().optional(),
      model_id: z.string().optional(),
      run_link: z.string().optional(),
      description: z.string().optional(),
      tags: repeated(keyValue),
    }),
    response: answer,
  },
  getModelVersion: {
    ...read,
    path: 'model-versions/get',
    summary: 'Read a version of a model.',
    request: one,
    response: answer,
  },
  getModelVersionDownloadUri: {
    ...read,
    path: 'model-versions/get-download-uri',
    summary: 'Find out where the files of a version lie.',
    request: one,
    response: z.object({ artifact_uri: z.string() }),
  },
  updateModelVersion: {
    ...write,
    methods: ['PATCH'],
    path: 'model-versions/update',
    summary: 'Describe a version.',
    request: one.extend({ description: z.string().default('') }),
    response: answer,
  },
  deleteModelVersion: {
    ...write,
    methods: ['DELETE'],
    path: 'model-versions/delete',
    summary: 'Delete a version; its number is not used again.',
    request: one,
    response: nothing,
  },
  transitionModelVersionStage: {
    ...write,
    path: 'model-versions/transition-stage',
    summary: 'Label a version with a stage.',
    request: one.extend({ stage: required, archive_existing_versions: flag.default(false) }),
    response: answer,
  },
  searchModelVersions: {
    ...read,
    path: 'model-versions/search',
    summary: 'Search versions of models.',
    request: z.object({
      filter: z.string().default(''),
      max_results: int64.default(200_000),
      order_by: repeated(z.string()),
      page_token: z.string().optional(),
    }),
    response: z.object({ model_versions: z.array(MlflowModelVersion), next_page_token: z.string().optional() }),
  },
  setModelVersionTag: {
    ...write,
    path: 'model-versions/set-tag',
    summary: 'Set a tag of a version.',
    request: tag.extend({ value: z.string().default('') }),
    response: nothing,
  },
  deleteModelVersionTag: {
    ...write,
    methods: ['DELETE'],
    path: 'model-versions/delete-tag',
    summary: 'Delete a tag of a version.',
    request: tag,
    response: nothing,
  },
})
