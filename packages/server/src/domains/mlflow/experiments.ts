import type { Experiment } from '@evenkeel/contract'
import type { MlflowExperiment, mlflowExperiments } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import type { RpcHandlers } from './face.ts'
import { done, pairsOf } from './values.ts'

interface KeyValue {
  readonly key: string
  readonly value: string
}

/** What the face needs of those who keep experiments. */
export interface ExperimentsNeeds {
  create(
    caller: Caller,
    experiment: { name: string; artifactLocation?: string | undefined; tags: readonly KeyValue[] },
  ): Promise<string>
  get(caller: Caller, id: string): Promise<Experiment>
  getByName(caller: Caller, name: string): Promise<Experiment>
  rename(caller: Caller, id: string, name: string): Promise<void>
  delete(caller: Caller, id: string): Promise<void>
  restore(caller: Caller, id: string): Promise<void>
  setTag(caller: Caller, id: string, tag: KeyValue): Promise<void>
  deleteTag(caller: Caller, id: string, key: string): Promise<void>
}

export function experimentHandlers(experiments: ExperimentsNeeds): RpcHandlers<typeof mlflowExperiments> {
  return {
    createExperiment: async ({ name, artifact_location, tags }, caller) => ({
      experiment_id: await experiments.create(caller, { name, artifactLocation: artifact_location, tags }),
    }),
    getExperiment: async ({ experiment_id }, caller) => ({
      experiment: presentExperiment(await experiments.get(caller, experiment_id)),
    }),
    getExperimentByName: async ({ experiment_name }, caller) => ({
      experiment: presentExperiment(await experiments.getByName(caller, experiment_name)),
    }),
    deleteExperiment: ({ experiment_id }, caller) => done(experiments.delete(caller, experiment_id)),
    restoreExperiment: ({ experiment_id }, caller) => done(experiments.restore(caller, experiment_id)),
    updateExperiment: ({ experiment_id, new_name }, caller) =>
      done(experiments.rename(caller, experiment_id, new_name)),
    setExperimentTag: ({ experiment_id, key, value }, caller) =>
      done(experiments.setTag(caller, experiment_id, { key, value })),
    deleteExperimentTag: ({ experiment_id, key }, caller) => done(experiments.deleteTag(caller, experiment_id, key)),
  }
}

export const presentExperiment = ({
  id,
  name,
  artifactLocation,
  lifecycle,
  createdMs,
  updatedMs,
  tags,
}: Experiment): MlflowExperiment => ({
  experiment_id: id,
  name,
  artifact_location: artifactLocation,
  lifecycle_stage: lifecycle,
  creation_time: createdMs,
  last_update_time: updatedMs,
  tags: pairsOf(tags),
})
