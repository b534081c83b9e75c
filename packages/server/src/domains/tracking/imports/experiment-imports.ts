import { type Experiment, type ImportLoggedModel, importErrors, type Lifecycle } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { checkedPair } from '../batch.ts'
import { type ExperimentKey, experimentStore } from '../experiment-store.ts'
import { experimentNotFound, experimentNumber, locationOf, present, requireTag } from '../experiments.ts'
import { limits, requireLength } from '../limits.ts'
import { type LoggedModelRow, loggedModelStore } from '../logged-model-store.ts'
import { metricStore } from '../metric-store.ts'
import type { KeyValue } from '../pairs.ts'
import { importStore } from './import-store.ts'

const fail = failures(importErrors)

export interface ImportedExperiment {
  readonly name: string
  readonly artifactLocation: string | null
  readonly lifecycle: Lifecycle
  readonly createdMs: number
  readonly updatedMs: number
  readonly tags: readonly KeyValue[]
}

export interface ExperimentImportsDeps {
  readonly db: Db
  readonly now: () => Date
  readonly ensureDefault: (projectId: string) => Promise<void>
}

/** Experiments and logged models that another server kept. */
export function createExperimentImports({ db, now, ensureDefault }: ExperimentImportsDeps) {
  return {
    /** The active experiment of that name, or else the one that was deleted last, or else a new one. */
    async putExperiment({ projectId }: Caller, sent: ImportedExperiment): Promise<Experiment> {
      requireLength('Experiment name', sent.name, limits.experimentName)
      sent.tags.forEach(requireTag)
      await ensureDefault(projectId)
      return db.transaction().execute(async (tx) => {
        const store = experimentStore(tx)
        const key = { projectId, experimentId: await numberOf(tx, projectId, sent, now().getTime()) }
        await store.putTags(key, sent.tags)
        return present((await store.find(key))!)
      })
    },

    /** @throws DomainError `imports.taken` for a model of that id that began at another time */
    async putLoggedModel({ projectId }: Caller, modelId: string, sent: ImportLoggedModel) {
      const key = { projectId, modelId }
      const experimentId = experimentNumber(sent.experiment)
      await db.transaction().execute(async (tx) => {
        if (!(await experimentStore(tx).find({ projectId, experimentId }))) throw experimentNotFound(sent.experiment)
        const number = await numberOfModel(tx, key, { experimentId }, sent)
        const store = loggedModelStore(tx)
        await store.addParams(
          number,
          sent.params.map((param) => checkedPair('param', param, limits.paramValue)),
        )
        await store.putTags(number, uniqueTags(sent.tags))
        await putMetrics(tx, { projectId, modelId }, sent.metrics)
      })
      return presentModel((await loggedModelStore(db).find(key))!)
    },
  }
}

async function numberOf(tx: Db, projectId: string, sent: ImportedExperiment, nowMs: number): Promise<number> {
  const store = experimentStore(tx)
  const found = await store.findByName(projectId, sent.name)
  if (found) return found.experiment_id
  const key: ExperimentKey = { projectId, experimentId: await store.nextNumber() }
  const added = await importStore(tx).addExperiment(key, {
    ...sent,
    artifactLocation: sent.artifactLocation ?? locationOf(key.experimentId),
    deletedMs: sent.lifecycle === 'deleted' ? nowMs : null,
  })
  // Somebody else was quicker.
  return added ? key.experimentId : (await store.findByName(projectId, sent.name))!.experiment_id
}

/** Makes the model, or takes up the one that is there. @returns its number */
async function numberOfModel(
  tx: Db,
  { projectId, modelId }: { readonly projectId: string; readonly modelId: string },
  { experimentId }: { readonly experimentId: number },
  sent: ImportLoggedModel,
): Promise<number> {
  const models = loggedModelStore(tx)
  const found = await models.find({ projectId, modelId })
  if (!found) {
    return models.add({
      project_id: projectId,
      model_id: modelId,
      experiment_id: experimentId,
      name: sent.name,
      model_type: sent.modelType,
      source_run_id: sent.sourceRunId,
      status: sent.status,
      status_message: sent.statusMessage,
      artifact_uri: sent.artifactUri ?? `mlflow-artifacts:/${experimentId}/models/${modelId}/artifacts`,
      created_ms: sent.createdMs,
      updated_ms: sent.updatedMs,
    })
  }
  if (found.created_ms !== sent.createdMs || found.experiment_id !== experimentId) {
    const why = `The logged model ${modelId} is here, and began at another time or in another experiment.`
    throw fail('imports.taken', { what: modelId }, { why })
  }
  await models.change(found.model_number, { status: sent.status, updated_ms: sent.updatedMs })
  return found.model_number
}

async function putMetrics(
  tx: Db,
  { projectId, modelId }: { readonly projectId: string; readonly modelId: string },
  metrics: ImportLoggedModel['metrics'],
): Promise<void> {
  for (const [runId, ofRun] of Map.groupBy(metrics, ({ runId: of }) => of)) {
    const points = ofRun.map(({ step, timestampMs, value, ...metric }) => ({
      ...metric,
      modelId,
      value: Number(value),
      step: BigInt(step),
      timestampMs: BigInt(timestampMs),
    }))
    await metricStore(tx).putModelPoints({ projectId, runId }, points)
  }
}

const uniqueTags = (tags: readonly KeyValue[]): KeyValue[] => [
  ...new Map(tags.map((tag) => [tag.key, checkedPair('tag', tag, limits.tagValue)])).values(),
]

const presentModel = (row: LoggedModelRow) => ({
  artifactUri: row.artifact_uri,
  lifecycle: row.deleted_ms === null ? ('active' as const) : ('deleted' as const),
  params: Object.keys(row.params).length,
  tags: Object.keys(row.tags).length,
  metrics: row.metrics.length,
})
