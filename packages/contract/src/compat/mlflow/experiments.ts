import { z } from 'zod'
import { defineRpcs } from './rpc.ts'
import { int64Reply, keyValue, repeated, required } from './scalars.ts'

export const MlflowExperiment = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    artifact_location: z.string(),
    lifecycle_stage: z.enum(['active', 'deleted']),
    creation_time: int64Reply,
    last_update_time: int64Reply,
    tags: z.array(keyValue),
  })
  .meta({ id: 'MlflowExperiment' })
export type MlflowExperiment = z.infer<typeof MlflowExperiment>

const read = { methods: ['GET'], versions: ['2.0'], access: 'tracking:read' } as const
const write = { methods: ['POST'], versions: ['2.0'], access: 'tracking:write' } as const
const nothing = z.object({})
const one = z.object({ experiment_id: required })
const tag = one.extend({ key: required })

/** Experiments, as the MLflow client speaks of them. */
export const mlflowExperiments = defineRpcs({
  createExperiment: {
    ...write,
    path: 'experiments/create',
    summary: 'Create an experiment.',
    request: z.object({ name: required, artifact_location: z.string().optional(), tags: repeated(keyValue) }),
    response: z.object({ experiment_id: z.string() }),
  },
  getExperiment: {
    ...read,
    path: 'experiments/get',
    summary: 'Read an experiment, a deleted one too.',
    request: one,
    response: z.object({ experiment: MlflowExperiment }),
  },
  getExperimentByName: {
    ...read,
    path: 'experiments/get-by-name',
    summary: 'Read an experiment by its name.',
    request: z.object({ experiment_name: required }),
    response: z.object({ experiment: MlflowExperiment }),
  },
  deleteExperiment: {
    ...write,
    path: 'experiments/delete',
    summary: 'Delete an experiment and its runs; both can be restored.',
    request: one,
    response: nothing,
  },
  restoreExperiment: {
    ...write,
    path: 'experiments/restore',
    summary: 'Restore an experiment and the runs that were deleted with it.',
    request: one,
    response: nothing,
  },
  updateExperiment: {
    ...write,
    path: 'experiments/update',
    summary: 'Rename an experiment.',
    request: one.extend({ new_name: required }),
    response: nothing,
  },
  setExperimentTag: {
    ...write,
    path: 'experiments/set-experiment-tag',
    summary: 'Set a tag of an experiment.',
    request: tag.extend({ value: z.string().default('') }),
    response: nothing,
  },
  deleteExperimentTag: {
    ...write,
    path: 'experiments/delete-experiment-tag',
    summary: 'Delete a tag of an experiment.',
    request: tag,
    response: nothing,
  },
})
