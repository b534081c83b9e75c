import { type LoggedModel, type LoggedModelStatus, trackingErrors } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { checkedPair } from './batch.ts'
import type { ExperimentsDeps } from './experiments.ts'
import { limits, requireLength } from './limits.ts'
import { type LoggedModelRow, loggedModelStore } from './logged-model-store.ts'
import type { KeyValue } from './pairs.ts'
import { randomName } from './run-names.ts'

const fail = failures(trackingErrors)

export interface NewLoggedModel {
  readonly experimentId: string
  /** Made up when absent. */
  readonly name: string | undefined
  readonly modelType: string | undefined
  readonly sourceRunId: string | undefined
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

export interface LoggedModelsDeps extends ExperimentsDeps {
  /** An experiment that can be written to. @throws DomainError */
  readonly activeExperiment: (
    caller: Caller,
    id: string,
  ) => Promise<{ readonly id: string; readonly artifactLocation: string }>
}

/** Models that runs logged. A deleted one is there for those only who ask for it. */
export function createLoggedModels({ db, now, activeExperiment }: LoggedModelsDeps) {
  const nowMs = () => now().getTime()

  async function get(
    { projectId }: Caller,
    id: string,
    { allowDeleted } = { allowDeleted: false },
  ): Promise<LoggedModel> {
    const row = await loggedModelStore(db).find({ projectId, modelId: id })
    if (!row || (row.deleted_ms !== null && !allowDeleted)) throw notFound(id)
    return presentLoggedModel(row)
  }

  /** Runs `work` with an active model locked. */
  const locked = <T>(
    { projectId }: Caller,
    id: string,
    work: (tx: Db, modelNumber: number) => Promise<T>,
  ): Promise<T> =>
    db.transaction().execute(async (tx) => {
      const row = await loggedModelStore(tx).lock({ projectId, modelId: id })
      if (!row || row.deleted_ms !== null) throw notFound(id)
      return work(tx, row.model_number)
    })

  return {
    get,

    /** @throws DomainError `tracking.bad_value`, `tracking.experiment_not_found`, `tracking.wrong_lifecycle` */
    async create(
      caller: Caller,
      { name = randomName(), params, tags, ...given }: NewLoggedModel,
    ): Promise<LoggedModel> {
      requireName(name)
      const experiment = await activeExperiment(caller, given.experimentId)
      const id = `m-${randomUUID().replaceAll('-', '')}`
      await db.transaction().execute(async (tx) => {
        const models = loggedModelStore(tx)
        const modelNumber = await models.add({
          project_id: caller.projectId,
          model_id: id,
          experiment_id: Number(experiment.id),
          name,
          model_type: given.modelType ?? null,
          source_run_id: given.sourceRunId ?? null,
          status: 'LOGGED_MODEL_PENDING',
          status_message: null,
          artifact_uri: `${experiment.artifactLocation.replace(/\/+$/, '')}/models/${id}/artifacts`,
          created_ms: nowMs(),
          updated_ms: nowMs(),
        })
        await addParams(tx, modelNumber, params)
        await models.putTags(modelNumber, storedTags(tags))
      })
      return get(caller, id)
    },

    async finalize(caller: Caller, id: string, status: LoggedModelStatus): Promise<LoggedModel> {
      await locked(caller, id, (tx, number) => loggedModelStore(tx).change(number, { status, updated_ms: nowMs() }))
      return get(caller, id)
    },

    /** Does nothing to one that is deleted. @throws DomainError `tracking.model_not_found` for one that never was */
    delete: ({ projectId }: Caller, id: string): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const models = loggedModelStore(tx)
        const row = await models.lock({ projectId, modelId: id })
        if (!row) throw notFound(id)
        if (row.deleted_ms === null) await models.change(row.model_number, { deleted_ms: nowMs(), updated_ms: nowMs() })
      }),

    setTags: (caller: Caller, id: string, tags: readonly KeyValue[]): Promise<void> =>
      locked(caller, id, async (tx, number) => {
        await loggedModelStore(tx).putTags(number, storedTags(tags))
        await loggedModelStore(tx).change(number, { updated_ms: nowMs() })
      }),

    deleteTag: (caller: Caller, id: string, key: string): Promise<void> =>
      locked(caller, id, async (tx, number) => {
        if (await loggedModelStore(tx).deleteTag(number, key)) return
        const why = `No tag with key '${key}' found for model with ID '${id}'.`
        throw fail('tracking.model_not_found', { model: id }, { why })
      }),

    /** @throws DomainError `tracking.bad_value` for one that has another value already */
    addParams: (caller: Caller, id: string, params: readonly KeyValue[]): Promise<void> =>
      locked(caller, id, (tx, number) => addParams(tx, number, params)),
  }
}

async function addParams(tx: Db, modelNumber: number, params: readonly KeyValue[]): Promise<void> {
  const stored = params.map((param) => checkedPair('param', param, limits.paramValue))
  if (stored.length === 0) return
  const [changed] = await loggedModelStore(tx).addParams(modelNumber, stored)
  if (changed === undefined) return
  const why = `Changing param values is not allowed. Param with key='${changed}' was already logged with another value.`
  throw fail('tracking.bad_value', { field: changed }, { why })
}

/** The last value of each key. */
const storedTags = (tags: readonly KeyValue[]): readonly KeyValue[] => [
  ...new Map(tags.map((tag) => [tag.key, checkedPair('tag', tag, limits.tagValue)])).values(),
]

/** The name becomes part of URIs. */
function requireName(name: string): void {
  requireLength('Model name', name, limits.experimentName)
  if (!/[/:.%"']/.test(name)) return
  const why = `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`
  throw fail('tracking.bad_value', { field: 'name' }, { why })
}

const notFound = (id: string) =>
  fail('tracking.model_not_found', { model: id }, { why: `Logged model with ID '${id}' not found.` })

const presentLoggedModel = (row: LoggedModelRow): LoggedModel => ({
  id: row.model_id,
  experimentId: String(row.experiment_id),
  name: row.name,
  modelType: row.model_type,
  sourceRunId: row.source_run_id,
  status: row.status,
  statusMessage: row.status_message,
  artifactUri: row.artifact_uri,
  lifecycle: row.deleted_ms === null ? 'active' : 'deleted',
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
  params: row.params,
  tags: row.tags,
  metrics: row.metrics.map(({ key, value, timestamp, step, run, dataset, digest }) => ({
    key,
    value,
    timestampMs: exact(timestamp),
    step: exact(step),
    runId: run,
    datasetName: dataset,
    datasetDigest: digest,
  })),
})

/** Text stays text where a number would become another one. */
const exact = (text: string): number | string => (Number.isSafeInteger(Number(text)) ? Number(text) : text)
