import type { LoggedModel, LoggedModelStatus } from '@evenkeel/contract'
import type { MlflowLoggedModel, mlflowLoggedModels } from '@evenkeel/contract/mlflow'
import { z } from 'zod'
import type { Caller } from '../../platform/auth.ts'
import type { RpcHandlers } from './face.ts'
import { done, pairsOf } from './values.ts'

interface KeyValue {
  readonly key: string
  readonly value: string
}

interface NewModel {
  readonly experimentId: string
  readonly name: string | undefined
  readonly modelType: string | undefined
  readonly sourceRunId: string | undefined
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

/** What the face needs of those who keep logged models. */
export interface LoggedModelsNeeds {
  create(caller: Caller, model: NewModel): Promise<LoggedModel>
  get(caller: Caller, id: string, options?: { allowDeleted: boolean }): Promise<LoggedModel>
  finalize(caller: Caller, id: string, status: LoggedModelStatus): Promise<LoggedModel>
  delete(caller: Caller, id: string): Promise<void>
  setTags(caller: Caller, id: string, tags: readonly KeyValue[]): Promise<void>
  deleteTag(caller: Caller, id: string, key: string): Promise<void>
  addParams(caller: Caller, id: string, params: readonly KeyValue[]): Promise<void>
}

export function loggedModelHandlers(models: LoggedModelsNeeds): RpcHandlers<typeof mlflowLoggedModels> {
  const answer = async (model: Promise<LoggedModel>) => ({ model: presentLoggedModel(await model) })

  return {
    createLoggedModel: ({ experiment_id, name, model_type, source_run_id, params, tags }, caller) =>
      answer(
        models.create(caller, {
          experimentId: experiment_id,
          name: name || undefined,
          modelType: model_type || undefined,
          sourceRunId: source_run_id || undefined,
          params,
          tags,
        }),
      ),
    getLoggedModel: ({ model_id, allow_deleted: allowDeleted }, caller) =>
      answer(models.get(caller, model_id, { allowDeleted })),
    finalizeLoggedModel: ({ model_id, status }, caller) => answer(models.finalize(caller, model_id, status)),
    deleteLoggedModel: ({ model_id }, caller) => done(models.delete(caller, model_id)),
    setLoggedModelTags: ({ model_id, tags }, caller) => done(models.setTags(caller, model_id, tags)),
    deleteLoggedModelTag: ({ model_id, tag_key }, caller) => done(models.deleteTag(caller, model_id, tag_key)),
    logLoggedModelParams: ({ model_id, params }, caller) => done(models.addParams(caller, model_id, params)),
  }
}

/** A logged model as MLflow's clients read it; what was never set is left out. */
export const presentLoggedModel = (model: LoggedModel): MlflowLoggedModel => ({
  info: {
    model_id: model.id,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdMs,
    last_updated_timestamp_ms: model.updatedMs,
    artifact_uri: model.artifactUri,
    status: model.status,
    model_type: model.modelType ?? '',
    ...(model.sourceRunId !== null && { source_run_id: model.sourceRunId }),
    ...(model.statusMessage !== null && { status_message: model.statusMessage }),
    tags: pairsOf(model.tags),
    registrations: registrationsOf(model.tags['mlflow.modelVersions']),
  },
  data: { params: pairsOf(model.params), metrics: model.metrics.map((metric) => presentMetric(model.id, metric)) },
})

const presentMetric = (modelId: string, metric: LoggedModel['metrics'][number]) => ({
  key: metric.key,
  value: metric.value,
  timestamp: metric.timestampMs,
  step: metric.step,
  model_id: modelId,
  run_id: metric.runId,
  ...(metric.datasetName !== '' && { dataset_name: metric.datasetName }),
  ...(metric.datasetDigest !== '' && { dataset_digest: metric.datasetDigest }),
})

const Registrations = z.array(z.object({ name: z.string(), version: z.union([z.string(), z.int()]).transform(String) }))

/** Clients note in a tag under which names a model was registered. */
function registrationsOf(tag: string | undefined): MlflowLoggedModel['info']['registrations'] {
  if (tag === undefined) return []
  try {
    return Registrations.parse(JSON.parse(tag))
  } catch {
    return []
  }
}
