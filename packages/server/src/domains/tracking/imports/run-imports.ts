import { type ImportedRun, importErrors, type ImportPoint, type ImportRun, type RunStatus } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { checkedPair, type Point, requirePoint } from '../batch.ts'
import { experimentStore } from '../experiment-store.ts'
import { experimentNotFound, experimentNumber } from '../experiments.ts'
import type { DatasetInput, ModelLink } from '../input-store.ts'
import { limits, requireLength, truncated } from '../limits.ts'
import { journalStore } from '../journal-store.ts'
import type { MetricJournal } from '../metric-journal.ts'
import { createMetricKeys } from '../metric-keys.ts'
import type { KeyValue } from '../pairs.ts'
import { requireActiveRun, runNotFound } from '../run-states.ts'
import type { RunKey } from '../run-store.ts'
import { valueStore } from '../value-store.ts'
import { importStore, type NewRunRow } from './import-store.ts'

const fail = failures(importErrors)

export interface RunEnding {
  readonly status: RunStatus
  readonly endedMs: number | null
  readonly lifecycle: 'active' | 'deleted'
  readonly revision: string
}

export interface RunImportsDeps {
  readonly db: Db
  readonly journal: MetricJournal
  readonly now: () => Date
  readonly addInputs: (
    caller: Caller,
    runId: string,
    datasets: readonly DatasetInput[],
    models: readonly ModelLink[],
  ) => Promise<void>
}

/** Runs that another server kept: begun, filled in any number of calls, and ended. */
export function createRunImports({ db, journal, now, addInputs }: RunImportsDeps) {
  const keys = createMetricKeys(db)

  async function states({ projectId }: Caller, runIds: readonly string[]): Promise<ImportedRun[]> {
    await journal.settle({ projectId, runIds })
    return importStore(db).states(projectId, runIds)
  }

  return {
    states,

    /** All that is said in one call is kept, except for data sets and models when one of them cannot be. */
    async put(caller: Caller, runId: string, sent: ImportRun): Promise<{ artifactUri: string }> {
      const run = { projectId: caller.projectId, runId }
      requireLength('user_id', sent.userId, limits.userId)
      const params = unique(sent.params.map((param) => checkedPair('param', param, limits.paramValue)))
      const tags = unique(sent.tags.map((tag) => checkedPair('tag', tag, limits.tagValue)))
      const artifactUri = await db.transaction().execute(async (tx) => {
        const uri = await begin(tx, run, sent, now())
        if (params.length > 0) await valueStore(tx).addParams(run, params)
        if (tags.length > 0) await valueStore(tx).putTags(run, tags)
        return uri
      })
      const datasets = sent.datasets.map(({ tags: of, ...dataset }) => ({ dataset, tags: of }))
      const models = sent.models.map((model) => ({ ...model, step: BigInt(model.step) }))
      if (datasets.length + models.length > 0) await addInputs(caller, runId, datasets, models)
      return { artifactUri }
    },

    async addPoints({ projectId }: Caller, runId: string, sent: readonly ImportPoint[]): Promise<void> {
      const run = { projectId, runId }
      const points = sent.map(pointOf)
      for (const point of points) requirePoint(point, (key) => keys.isKnown(projectId, key))
      await db.transaction().execute((tx) => lockImported(tx, run))
      // Before a transaction is open: one that waits for a second connection could wait for itself.
      const numbers = await keys.numbersOf(
        projectId,
        points.map(({ key }) => key),
      )
      const state = await journal.write(points.length, () => journalStore(db).add(run, points, numbers))
      requireActiveRun(runId, state)
    },

    async end(caller: Caller, runId: string, { lifecycle, ...ending }: RunEnding): Promise<ImportedRun> {
      const { projectId } = caller
      await db.transaction().execute(async (tx) => {
        const { run_number, experiment_id: experimentId } = await lockImported(tx, { projectId, runId })
        const experiment = await experimentStore(tx).find({ projectId, experimentId })
        // What was deleted with its experiment comes back with it.
        const deletedMs = lifecycle === 'active' ? null : (experiment?.deleted_ms ?? now().getTime())
        await importStore(tx).endRun(run_number, { ...ending, deletedMs }, now())
      })
      return (await states(caller, [runId]))[0]!
    },
  }
}

/** Makes the run, or takes up the one that an import made. @returns where its files lie */
async function begin(tx: Db, run: RunKey, sent: ImportRun, at: Date): Promise<string> {
  const experimentId = experimentNumber(sent.experiment)
  const experiment = await experimentStore(tx).find({ projectId: run.projectId, experimentId })
  if (!experiment) throw experimentNotFound(sent.experiment)
  const row: NewRunRow = {
    name: truncated(sent.name, limits.tagValue),
    userId: sent.userId,
    startedMs: sent.startedMs,
    artifactUri: sent.artifactUri ?? `mlflow-artifacts:/${experimentId}/${run.runId}/artifacts`,
  }
  await importStore(tx).addRun(run, experimentId, row, at)
  const found = await lockImported(tx, run)
  if (found.experiment_id !== experimentId) {
    throw taken(run.runId, `The run ${run.runId} is in the experiment ${found.experiment_id}, not in ${experimentId}.`)
  }
  await importStore(tx).changeRun(found.run_number, row)
  return row.artifactUri
}

/** @throws DomainError for a run that is not there, was deleted here, or was not imported */
async function lockImported(tx: Db, run: RunKey) {
  const found = await importStore(tx).lockRun(run)
  if (!found) throw runNotFound(run.runId)
  if (!found.is_imported) throw taken(run.runId, `The run ${run.runId} was made here, not imported.`)
  return requireActiveRun(run.runId, found)
}

const taken = (what: string, why: string) => fail('imports.taken', { what }, { why })

const pointOf = ([key, step, timestampMs, value]: ImportPoint): Point => ({
  key,
  value: Number(value),
  timestampMs: exact(timestampMs),
  step: exact(step),
})

const exact = (integer: number | string): number | bigint => (typeof integer === 'number' ? integer : BigInt(integer))

/** Of a key that comes twice, the last counts. */
const unique = (pairs: readonly KeyValue[]): KeyValue[] => [...new Map(pairs.map((pair) => [pair.key, pair])).values()]
