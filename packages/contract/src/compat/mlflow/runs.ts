import { z } from 'zod'
import { MlflowMetric, mlflowPoint, mlflowPoints } from './metrics.ts'
import { defineRpcs } from './rpc.ts'
import { enumeration, int64, int64Reply, keyValue, repeated, required } from './scalars.ts'

/** States of a run by name, with their numbers in MLflow's proto files. */
const runStatus = enumeration({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 })

export const MlflowRunInfo = z
  .object({
    run_id: z.string(),
    /** The same again, for old clients. */
    run_uuid: z.string(),
    run_name: z.string(),
    experiment_id: z.string(),
    user_id: z.string(),
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']),
    start_time: int64Reply,
    end_time: int64Reply.optional(),
    artifact_uri: z.string(),
    lifecycle_stage: z.enum(['active', 'deleted']),
  })
  .meta({ id: 'MlflowRunInfo' })
export type MlflowRunInfo = z.infer<typeof MlflowRunInfo>

export const MlflowDatasetInput = z
  .object({
    tags: z.array(keyValue),
    dataset: z.object({
      name: z.string(),
      digest: z.string(),
      source_type: z.string(),
      source: z.string(),
      schema: z.string().optional(),
      profile: z.string().optional(),
    }),
  })
  .meta({ id: 'MlflowDatasetInput' })
export type MlflowDatasetInput = z.infer<typeof MlflowDatasetInput>

export const MlflowRun = z
  .object({
    info: MlflowRunInfo,
    data: z.object({ metrics: z.array(MlflowMetric), params: z.array(keyValue), tags: z.array(keyValue) }),
    inputs: z.object({
      dataset_inputs: z.array(MlflowDatasetInput),
      model_inputs: z.array(z.object({ model_id: z.string() })),
    }),
    outputs: z.object({ model_outputs: z.array(z.object({ model_id: z.string(), step: int64Reply })) }),
  })
  .meta({ id: 'MlflowRun' })
export type MlflowRun = z.infer<typeof MlflowRun>

const write = { methods: ['POST'], versions: ['2.0'], access: 'tracking:write' } as const
const nothing = z.object({})
const text = z.string().default('')
const one = z.object({ run_id: required })
const pair = z.object({ key: required, value: text })

const datasetInput = z.object({
  tags: repeated(z.object({ key: required, value: z.string() })),
  dataset: z.object({
    name: required,
    digest: required,
    source_type: required,
    source: required,
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
})

/** Runs, as the MLflow client speaks of them. */
export const mlflowRuns = defineRpcs({
  createRun: {
    ...write,
    path: 'runs/create',
    summary: 'Begin a run.',
    request: z.object({
      experiment_id: text,
      user_id: text,
      run_name: text,
      start_time: int64.optional(),
      tags: repeated(pair),
    }),
    response: z.object({ run: MlflowRun }),
  },
  getRun: {
    ...write,
    methods: ['GET'],
    access: 'tracking:read',
    path: 'runs/get',
    summary: 'Read a run, a deleted one too, with the newest point of each metric.',
    request: one,
    response: z.object({ run: MlflowRun }),
  },
  updateRun: {
    ...write,
    path: 'runs/update',
    summary: 'Change the state, end or name of a run.',
    request: one.extend({ status: runStatus.optional(), end_time: int64.optional(), run_name: text }),
    response: z.object({ run_info: MlflowRunInfo }),
  },
  deleteRun: {
    ...write,
    path: 'runs/delete',
    summary: 'Delete a run; it can be restored.',
    request: one,
    response: nothing,
  },
  restoreRun: { ...write, path: 'runs/restore', summary: 'Restore a deleted run.', request: one, response: nothing },
  logMetric: {
    ...write,
    path: 'runs/log-metric',
    summary: 'Add a point to a metric.',
    request: one.extend(mlflowPoint.shape),
    response: nothing,
  },
  logParam: {
    ...write,
    path: 'runs/log-parameter',
    summary: 'Write a param, once.',
    request: one.extend(pair.shape),
    response: nothing,
  },
  setTag: { ...write, path: 'runs/set-tag', summary: 'Set a tag.', request: one.extend(pair.shape), response: nothing },
  deleteTag: {
    ...write,
    path: 'runs/delete-tag',
    summary: 'Delete a tag.',
    request: one.extend({ key: required }),
    response: nothing,
  },
  logBatch: {
    ...write,
    path: 'runs/log-batch',
    summary: 'Write up to 1,000 metrics, params and tags: all of them or none.',
    request: one.extend({ metrics: mlflowPoints, params: repeated(pair), tags: repeated(pair) }),
    response: nothing,
  },
  logModel: {
    ...write,
    path: 'runs/log-model',
    summary: 'Note a model among the files of a run, as clients before MLflow 3 do.',
    request: one.extend({ model_json: required }),
    response: nothing,
  },
  logInputs: {
    ...write,
    path: 'runs/log-inputs',
    summary: 'Note which data sets and logged models a run read.',
    request: one.extend({
      datasets: repeated(datasetInput),
      models: repeated(z.object({ model_id: required })),
    }),
    response: nothing,
  },
  logOutputs: {
    ...write,
    path: 'runs/outputs',
    summary: 'Note which logged models a run made.',
    request: one.extend({ models: repeated(z.object({ model_id: required, step: int64.default(0) })) }),
    response: nothing,
  },
  searchDatasets: {
    ...write,
    access: 'tracking:read',
    path: 'experiments/search-datasets',
    summary: 'Which data sets the runs of up to 20 experiments read, and as what.',
    request: z.object({ experiment_ids: repeated(required) }),
    response: z.object({
      dataset_summaries: z.array(
        z.object({ experiment_id: z.string(), name: z.string(), digest: z.string(), context: z.string().optional() }),
      ),
    }),
  },
})
