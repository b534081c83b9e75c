import { trackingErrors } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type Batch, checkedBatch, type ModelPoint, type Point } from './batch.ts'
import { journalStore } from './journal-store.ts'
import type { MetricJournal } from './metric-journal.ts'
import { createMetricKeys } from './metric-keys.ts'
import { metricStore } from './metric-store.ts'
import type { KeyValue } from './pairs.ts'
import { nameTag, requireActiveRun } from './run-states.ts'
import { type RunKey, runStore } from './run-store.ts'
import { valueStore } from './value-store.ts'

const fail = failures(trackingErrors)

/** The tag in which clients before MLflow 3 list the models among the files of a run. */
const modelsTag = 'mlflow.log-model.history'

/** What is written to a run while it goes on: params, tags and points of metrics. */
export function createRunLog({ db, journal }: { readonly db: Db; readonly journal: MetricJournal }) {
  const keys = createMetricKeys(db)

  /** Checked first, written in one transaction: all of it or nothing. */
  async function log({ projectId }: Caller, runId: string, batch: Batch): Promise<void> {
    const run = { projectId, runId }
    const checked = checkedBatch(batch, (key) => keys.isKnown(projectId, key))
    const numbers = await numbersOf(run, checked.points)
    const writes = writesOf(run, checked, numbers)
    if (writes.length === 0) return void requireActiveRun(runId, await runStore(db).share(run))
    // One statement is a transaction of its own, and saves two round trips; params are compared in a second one.
    const isOne = writes.length === 1 && checked.params.length < 2
    await journal.write(checked.points.length, () => (isOne ? writes[0]!(db) : writeAll(writes)))
  }

  const writeAll = (writes: readonly Write[]) =>
    db.transaction().execute(async (tx) => {
      for (const write of writes) await write(tx)
    })

  /** Before a transaction is open: one that waits for a second connection could wait for itself. */
  async function numbersOf(run: RunKey, points: readonly Point[]): Promise<ReadonlyMap<string, number>> {
    const isNew = points.some(({ key }) => !keys.isKnown(run.projectId, key))
    // A metric gets its number only for a run that is there.
    if (isNew) requireActiveRun(run.runId, await runStore(db).share(run))
    return keys.numbersOf(
      run.projectId,
      points.map(({ key }) => key),
    )
  }

  return {
    log,

    async deleteTag({ projectId }: Caller, runId: string, key: string): Promise<void> {
      const { deleted } = requireActiveRun(runId, await valueStore(db).deleteTag({ projectId, runId }, key))
      if (deleted > 0) return
      const why = `No tag with name: ${key} in run with id ${runId}`
      throw fail('tracking.tag_not_found', { run: runId, key }, { why })
    },

    /** Adds a model to the list in the tag of models; one that is sent again is listed once. */
    noteModel: ({ projectId }: Caller, runId: string, model: object): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const run = { projectId, runId }
        const { run_number } = requireActiveRun(runId, await runStore(tx).lock(run))
        const models = listOf(await valueStore(tx).findTag(run_number, modelsTag))
        const text = JSON.stringify(model)
        if (models.some((other) => JSON.stringify(other) === text)) return
        await valueStore(tx).putTags(run, [{ key: modelsTag, value: JSON.stringify([...models, model]) }])
      }),
  }
}

type Write = (db: Db) => Promise<void>

/** One statement each, in the order in which every writer takes its locks. */
function writesOf(
  run: RunKey,
  { points, modelPoints, params, tags }: ReturnType<typeof checkedBatch>,
  numbers: ReadonlyMap<string, number>,
): Write[] {
  const name = tags.find(({ key }) => key === nameTag)?.value
  return [
    ...(name === undefined ? [] : [rename(run, name)]),
    ...(params.length === 0 ? [] : [addParams(run, params)]),
    ...(points.length === 0 ? [] : [addPoints(run, points, numbers)]),
    ...(modelPoints.length === 0 ? [] : [addModelPoints(run, modelPoints)]),
    ...(tags.length === 0 ? [] : [putTags(run, tags)]),
  ]
}

const addPoints =
  (run: RunKey, points: readonly Point[], numbers: ReadonlyMap<string, number>): Write =>
  async (db) => {
    requireActiveRun(run.runId, await journalStore(db).add(run, points, numbers))
  }

const putTags =
  (run: RunKey, tags: readonly KeyValue[]): Write =>
  async (db) => {
    requireActiveRun(run.runId, await valueStore(db).putTags(run, tags))
  }

const rename =
  (run: RunKey, name: string): Write =>
  async (db) => {
    // Of a run that is deleted or not there, the statement for the tags says so.
    await runStore(db).change(run, { name })
  }

const addParams =
  (run: RunKey, params: readonly KeyValue[]): Write =>
  async (db) => {
    const store = valueStore(db)
    const { run_number, written } = requireActiveRun(run.runId, await store.addParams(run, params))
    if (written === params.length) return
    const changed = await store.changedParams(run_number, params)
    if (changed.length > 0) throw paramChanged(run.runId, changed)
  }

const addModelPoints =
  (run: RunKey, points: readonly ModelPoint[]): Write =>
  async (db) => {
    const store = metricStore(db)
    const [missing] = await store.missingModels(run.projectId, [...new Set(points.map(({ modelId }) => modelId))])
    if (missing !== undefined) {
      const why = `Logged model with ID '${missing}' not found.`
      throw fail('tracking.model_not_found', { model: missing }, { why })
    }
    await store.putModelPoints(run, points)
  }

function paramChanged(runId: string, changed: readonly { key: string; old_value: string; new_value: string }[]): Error {
  const listed = changed.map(
    ({ key, old_value, new_value }) =>
      `{'key': ${quoted(key)}, 'old_value': ${quoted(old_value)}, 'new_value': ${quoted(new_value)}}`,
  )
  const why = `Changing param values is not allowed. Params were already logged='[${listed.join(', ')}]' for run ID='${runId}'.`
  return fail('tracking.param_changed', { run: runId, keys: changed.map(({ key }) => key) }, { why })
}

/** As Python shows a text, and not all of a long one. */
const quoted = (text: string) => `'${text.length > 250 ? `${text.slice(0, 250)}…` : text}'`

function listOf(tag: string | undefined): unknown[] {
  if (tag === undefined) return []
  try {
    const list: unknown = JSON.parse(tag)
    if (Array.isArray(list)) return list
  } catch {
    // Said below: it is no list either way.
  }
  throw fail(
    'tracking.bad_value',
    { field: modelsTag },
    { why: `The tag ${modelsTag} of the run is not a JSON list; delete it, or set it to one.` },
  )
}
