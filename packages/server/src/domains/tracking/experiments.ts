import { type Experiment, trackingErrors } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures, isErrno } from '../../platform/errors.ts'
import { type ExperimentKey, type ExperimentRow, experimentStore } from './experiment-store.ts'
import { limits, requireKey, requireLength } from './limits.ts'
import { runStore } from './run-store.ts'

const fail = failures(trackingErrors)

interface KeyValue {
  readonly key: string
  readonly value: string
}

export interface NewExperiment {
  readonly name: string
  readonly artifactLocation?: string | undefined
  readonly tags: readonly KeyValue[]
}

export interface ExperimentChange {
  readonly name?: string | undefined
  readonly folder?: string | undefined
}

export interface ExperimentsDeps {
  readonly db: Db
  readonly now: () => Date
}

/** Every project has the experiment "Default", whose number is 0: clients log there when they name none. */
const defaultNumber = 0

export const locationOf = (experimentId: number) => `mlflow-artifacts:/${experimentId}`
const uniqueViolation = '23505'

export function createExperiments({ db, now }: ExperimentsDeps) {
  const store = experimentStore(db)
  const nowMs = () => now().getTime()
  const withDefault = new Set<string>()

  async function ensureDefault(projectId: string): Promise<void> {
    if (withDefault.has(projectId)) return
    const row = { name: 'Default', location: locationOf(defaultNumber), nowMs: nowMs() }
    await store.add({ projectId, experimentId: defaultNumber }, row)
    withDefault.add(projectId)
  }

  async function find({ projectId }: Caller, id: string): Promise<ExperimentRow> {
    await ensureDefault(projectId)
    const row = await store.find({ projectId, experimentId: experimentNumber(id) })
    if (!row) throw experimentNotFound(id)
    return row
  }

  /** Runs `work` with the experiment locked. */
  const locked = (
    { projectId }: Caller,
    id: string,
    work: (tx: Db, key: ExperimentKey, row: ExperimentRow) => Promise<void>,
  ) =>
    db.transaction().execute(async (tx) => {
      const key = { projectId, experimentId: experimentNumber(id) }
      const row = await experimentStore(tx).lock(key)
      if (!row) throw experimentNotFound(id)
      await work(tx, key, row)
    })

  /** @throws DomainError `tracking.name_taken` while an active one has the name */
  async function create({ projectId }: Caller, { name, artifactLocation, tags }: NewExperiment): Promise<string> {
    requireLength('Experiment name', name, limits.experimentName)
    tags.forEach(requireTag)
    await ensureDefault(projectId)
    return db.transaction().execute(async (tx) => {
      const experiments = experimentStore(tx)
      const key = { projectId, experimentId: await experiments.nextNumber() }
      const location = artifactLocation || locationOf(key.experimentId)
      if (!(await experiments.add(key, { name, location, nowMs: nowMs() }))) throw taken(name)
      await experiments.putTags(key, tags)
      return String(key.experimentId)
    })
  }

  /** @returns the number of the active experiment of that name, which is made when there is none */
  async function named(caller: Caller, name: string): Promise<string> {
    const found = await store.findByName(caller.projectId, name)
    if (found?.deleted_ms === null) return String(found.experiment_id)
    try {
      return await create(caller, { name, tags: [] })
    } catch (error) {
      // Somebody else has made it meanwhile, and more than once in a row is nobody's luck.
      const other = await store.findByName(caller.projectId, name)
      if (other?.deleted_ms === null) return String(other.experiment_id)
      throw error
    }
  }

  /** Renames or moves one; what is absent stays. @throws DomainError `tracking.name_taken`, `tracking.wrong_lifecycle` */
  const change = (caller: Caller, id: string, { name, folder }: ExperimentChange) =>
    locked(caller, id, async (tx, key, row) => {
      requireActive(row)
      if (name !== undefined) await requireFreeName(tx, key, name)
      const before = { name: row.name, folder: row.folder }
      const after = { name: name ?? row.name, folder: folder ?? row.folder }
      if (before.name === after.name && before.folder === after.folder) return
      // Somebody else may take the name between the look and the write.
      await experimentStore(tx)
        .change(key, { ...after, updated_ms: nowMs() })
        .catch(takenBy(after.name))
      const { projectId, userName: actor } = caller
      await audit(tx, { projectId, actor, action: 'tracking.change_experiment', subject: id, before, after })
    })

  return {
    ensureDefault,
    create,
    named,

    get: async (caller: Caller, id: string): Promise<Experiment> => present(await find(caller, id)),

    /** @throws DomainError `tracking.wrong_lifecycle` for a deleted one */
    async getActive(caller: Caller, id: string): Promise<Experiment> {
      const row = await find(caller, id)
      requireActive(row)
      return present(row)
    },

    async getByName({ projectId }: Caller, name: string): Promise<Experiment> {
      await ensureDefault(projectId)
      const row = await store.findByName(projectId, name)
      if (row) return present(row)
      throw fail(
        'tracking.experiment_not_found',
        { experiment: name },
        { why: `Could not find experiment with name '${name}'` },
      )
    },

    change,

    rename: (caller: Caller, id: string, name: string) => change(caller, id, { name }),

    /** Its runs go with it, and come back with it. */
    delete: (caller: Caller, id: string) =>
      locked(caller, id, async (tx, key, row) => {
        requireActive(row)
        const deletedMs = nowMs()
        await experimentStore(tx).change(key, { updated_ms: deletedMs, deleted_ms: deletedMs })
        await runStore(tx).deleteOf(key, deletedMs)
      }),

    restore: (caller: Caller, id: string) =>
      locked(caller, id, async (tx, key, row) => {
        if (row.deleted_ms === null) throw wrongLifecycle(row, 'deleted')
        const other = await experimentStore(tx).findByName(caller.projectId, row.name)
        if (other?.deleted_ms === null) throw taken(row.name)
        await experimentStore(tx).change(key, { updated_ms: nowMs(), deleted_ms: null })
        await runStore(tx).restoreOf(key, row.deleted_ms)
      }),

    setTag: (caller: Caller, id: string, tag: KeyValue) =>
      locked(caller, id, async (tx, key, row) => {
        requireTag(tag)
        requireActive(row)
        await experimentStore(tx).putTags(key, [tag])
      }),

    deleteTag: (caller: Caller, id: string, tag: string) =>
      locked(caller, id, async (tx, key, row) => {
        requireActive(row)
        if (await experimentStore(tx).deleteTag(key, tag)) return
        throw fail(
          'tracking.experiment_not_found',
          { experiment: id },
          { why: `No tag with name: ${tag} in experiment with id ${id}` },
        )
      }),
  }
}

export function requireTag({ key, value }: KeyValue): void {
  requireKey('tag', key)
  requireLength(`Value of tag ${key}`, value, limits.experimentTagValue)
}

async function requireFreeName(tx: Db, { projectId, experimentId }: ExperimentKey, name: string): Promise<void> {
  requireLength('Experiment name', name, limits.experimentName)
  const other = await experimentStore(tx).findByName(projectId, name)
  if (other && other.deleted_ms === null && other.experiment_id !== experimentId) throw taken(name)
}

const takenBy = (name: string) => (error: unknown) => {
  throw isErrno(error, uniqueViolation) ? taken(name) : error
}

const taken = (name: string) =>
  fail('tracking.name_taken', { name }, { why: `Experiment(name=${name}) already exists.` })

export const experimentNotFound = (id: string) =>
  fail('tracking.experiment_not_found', { experiment: id }, { why: `No Experiment with id=${id} exists` })

/** Numbers are ours, so a text that is none belongs to no experiment. */
export function experimentNumber(id: string): number {
  if (/^\d{1,15}$/.test(id)) return Number(id)
  throw experimentNotFound(id)
}

export function requireActive(row: Pick<ExperimentRow, 'experiment_id' | 'deleted_ms'>): void {
  if (row.deleted_ms !== null) throw wrongLifecycle(row, 'active')
}

function wrongLifecycle(
  { experiment_id, deleted_ms }: Pick<ExperimentRow, 'experiment_id' | 'deleted_ms'>,
  wanted: 'active' | 'deleted',
): Error {
  const lifecycle = deleted_ms === null ? 'active' : 'deleted'
  const why = `The experiment ${experiment_id} must be in the '${wanted}' state. Current state is ${lifecycle}.`
  return fail('tracking.wrong_lifecycle', { id: String(experiment_id), lifecycle }, { why })
}

export const present = (row: ExperimentRow): Experiment => ({
  id: String(row.experiment_id),
  name: row.name,
  folder: row.folder,
  artifactLocation: row.artifact_location,
  lifecycle: row.deleted_ms === null ? 'active' : 'deleted',
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
  tags: row.tags,
})
