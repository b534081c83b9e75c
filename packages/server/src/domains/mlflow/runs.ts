import type { RunStatus, TrackedRun, TrackedRunInfo } from '@evenkeel/contract'
import type { MlflowRun, MlflowRunInfo, mlflowRuns } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import type { RpcHandlers } from './face.ts'
import { modelEntryOf } from './model-entry.ts'
import { done, pairsOf } from './values.ts'

interface KeyValue {
  readonly key: string
  readonly value: string
}

type Int64 = number | bigint

interface Point {
  readonly key: string
  readonly value: number
  readonly timestampMs: Int64
  readonly step: Int64
  readonly modelId?: string | undefined
  readonly datasetName?: string | undefined
  readonly datasetDigest?: string | undefined
}

interface DatasetInput {
  readonly dataset: {
    readonly name: string
    readonly digest: string
    readonly sourceType: string
    readonly source: string
    readonly schema?: string | undefined
    readonly profile?: string | undefined
  }
  readonly tags: readonly KeyValue[]
}

interface ModelLink {
  readonly direction: 'input' | 'output'
  readonly modelId: string
  readonly step: Int64
}

/** What the face needs of those who keep runs. */
export interface RunsNeeds {
  readonly runs: {
    create(
      caller: Caller,
      start: {
        experimentId: string
        userId: string
        name: string
        startedMs?: Int64 | undefined
        tags: readonly KeyValue[]
      },
    ): Promise<TrackedRun>
    get(caller: Caller, id: string): Promise<TrackedRun>
    update(
      caller: Caller,
      id: string,
      update: { status?: RunStatus | undefined; endedMs?: Int64 | undefined; name: string },
    ): Promise<TrackedRunInfo>
    delete(caller: Caller, id: string): Promise<void>
    restore(caller: Caller, id: string): Promise<void>
  }
  readonly runLog: {
    log(
      caller: Caller,
      id: string,
      batch: { points?: readonly Point[]; params?: readonly KeyValue[]; tags?: readonly KeyValue[] },
    ): Promise<void>
    deleteTag(caller: Caller, id: string, key: string): Promise<void>
    noteModel(caller: Caller, id: string, model: object): Promise<void>
  }
  readonly inputs: {
    add(caller: Caller, id: string, datasets: readonly DatasetInput[], models: readonly ModelLink[]): Promise<void>
    summaries(
      caller: Caller,
      experimentIds: readonly string[],
    ): Promise<readonly { experimentId: string; name: string; digest: string; context: string | null }[]>
  }
}

export function runHandlers({ runs, runLog, inputs }: RunsNeeds): RpcHandlers<typeof mlflowRuns> {
  return {
    createRun: async ({ experiment_id, user_id, run_name, start_time, tags }, caller) => ({
      run: presentRun(
        await runs.create(caller, {
          // Clients that know of no experiments leave it empty.
          experimentId: experiment_id || '0',
          userId: user_id,
          name: run_name,
          startedMs: start_time,
          tags,
        }),
      ),
    }),
    getRun: async ({ run_id }, caller) => ({ run: presentRun(await runs.get(caller, run_id)) }),
    updateRun: async ({ run_id, status, end_time, run_name }, caller) => ({
      run_info: presentInfo(await runs.update(caller, run_id, { status, endedMs: end_time, name: run_name })),
    }),
    deleteRun: ({ run_id }, caller) => done(runs.delete(caller, run_id)),
    restoreRun: ({ run_id }, caller) => done(runs.restore(caller, run_id)),

    logMetric: ({ run_id, ...metric }, caller) => done(runLog.log(caller, run_id, { points: [pointOf(metric)] })),
    logParam: ({ run_id, key, value }, caller) => done(runLog.log(caller, run_id, { params: [{ key, value }] })),
    setTag: ({ run_id, key, value }, caller) => done(runLog.log(caller, run_id, { tags: [{ key, value }] })),
    deleteTag: ({ run_id, key }, caller) => done(runLog.deleteTag(caller, run_id, key)),
    logBatch: ({ run_id, metrics, params, tags }, caller) =>
      done(runLog.log(caller, run_id, { points: metrics.map(pointOf), params, tags })),
    logModel: async ({ run_id, model_json }, caller) =>
      done(runLog.noteModel(caller, run_id, modelEntryOf(model_json))),

    logInputs: ({ run_id, datasets, models }, caller) =>
      done(
        inputs.add(
          caller,
          run_id,
          datasets.map(inputOf),
          models.map(({ model_id }) => ({ direction: 'input', modelId: model_id, step: 0 })),
        ),
      ),
    logOutputs: ({ run_id, models }, caller) =>
      done(
        inputs.add(
          caller,
          run_id,
          [],
          models.map(({ model_id, step }) => ({ direction: 'output', modelId: model_id, step })),
        ),
      ),
    searchDatasets: async ({ experiment_ids }, caller) => ({
      dataset_summaries: (await inputs.summaries(caller, experiment_ids)).map(
        ({ experimentId, name, digest, context }) => ({
          experiment_id: experimentId,
          name,
          digest,
          ...(context !== null && { context }),
        }),
      ),
    }),
  }
}

interface SentPoint {
  readonly key: string
  readonly value: number
  readonly timestamp: Int64
  readonly step: Int64
  readonly model_id?: string | undefined
  readonly dataset_name?: string | undefined
  readonly dataset_digest?: string | undefined
}

const pointOf = ({ key, value, timestamp, step, model_id, dataset_name, dataset_digest }: SentPoint): Point => ({
  key,
  value,
  timestampMs: timestamp,
  step,
  modelId: model_id,
  datasetName: dataset_name,
  datasetDigest: dataset_digest,
})

const inputOf = ({
  dataset: { source_type, ...dataset },
  tags,
}: {
  readonly dataset: Omit<DatasetInput['dataset'], 'sourceType'> & { readonly source_type: string }
  readonly tags: readonly KeyValue[]
}): DatasetInput => ({ dataset: { ...dataset, sourceType: source_type }, tags })

const presentInfo = (run: TrackedRunInfo): MlflowRunInfo => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.userId,
  status: run.status,
  start_time: run.startedMs,
  ...(run.endedMs !== null && { end_time: run.endedMs }),
  artifact_uri: run.artifactUri,
  lifecycle_stage: run.lifecycle,
})

const presentRun = (run: TrackedRun): MlflowRun => ({
  info: presentInfo(run),
  data: {
    metrics: run.metrics.map(({ key, value, timestampMs, step }) => ({ key, value, timestamp: timestampMs, step })),
    params: pairsOf(run.params),
    tags: pairsOf(run.tags),
  },
  inputs: {
    dataset_inputs: run.datasets.map(({ tags, sourceType, schema, profile, ...dataset }) => ({
      tags: pairsOf(tags),
      dataset: {
        ...dataset,
        source_type: sourceType,
        ...(schema !== null && { schema }),
        ...(profile !== null && { profile }),
      },
    })),
    model_inputs: run.inputModels.map((id) => ({ model_id: id })),
  },
  outputs: { model_outputs: run.outputModels.map(({ modelId, step }) => ({ model_id: modelId, step })) },
})
