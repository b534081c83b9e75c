import { type ParsedRequestOf, type trackedRuns, trackingErrors } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { checkedPair } from './batch.ts'
import { experimentStore } from './experiment-store.ts'
import { experimentNotFound, experimentNumber, requireActive } from './experiments.ts'
import { limits, most, requireCount, requireKey, truncated } from './limits.ts'
import { runChangeStore } from './run-change-store.ts'
import { nameTag, requireActiveRun, runNotFound } from './run-states.ts'
import type { RunRow } from './run-store.ts'

const fail = failures(trackingErrors)

type Change = ParsedRequestOf<typeof trackedRuns.change>['body']

interface RunChangesDeps {
  readonly db: Db
  readonly now: () => Date
  /** @throws DomainError for a step, and a run that is not its own */
  readonly admit: (caller: Caller, runId: string, writes: boolean) => Promise<void>
}

/** Changes to many runs at once: all of them, or none. */
export function createRunChanges({ db, now, admit }: RunChangesDeps) {
  /** Runs `work` with all of the runs locked. @throws DomainError `tracking.run_not_found`, `auth.not_allowed` */
  async function locked<T>(
    caller: Caller,
    asked: readonly string[],
    work: (tx: Db, rows: readonly RunRow[]) => Promise<T>,
    before: (tx: Db) => Promise<void> = async () => {},
  ): Promise<T> {
    const runIds = [...new Set(asked)]
    if (caller.kind === 'step') for (const id of runIds) await admit(caller, id, true)
    return db.transaction().execute(async (tx) => {
      await before(tx)
      return work(tx, requireAll(runIds, await runChangeStore(tx).lock(caller.projectId, runIds)))
    })
  }

  const setDeleted = (caller: Caller, runIds: readonly string[], deletedMs: number | null): Promise<number> =>
    locked(caller, runIds, (tx, rows) => runChangeStore(tx).setDeleted(numbersOf(rows), deletedMs))

  return {
    /** @returns how many runs there were */
    async change(caller: Caller, { runs, ...sent }: Change): Promise<number> {
      const change = checkedChange(sent)
      const target = sent.experiment === undefined ? undefined : experimentNumber(sent.experiment)
      const { projectId } = caller
      return locked(
        caller,
        runs,
        async (tx, rows) => {
          for (const row of rows) requireActiveRun(row.run_id, row)
          const store = runChangeStore(tx)
          const numbers = numbersOf(rows)
          if (change.name !== undefined) await store.rename(numbers, change.name)
          if (change.tags.length > 0) await store.putTags(numbers, change.tags)
          if (change.deleteTags.length > 0) await store.deleteTags(numbers, change.deleteTags)
          if (target !== undefined) await store.move(projectId, rows, target)
          return rows.length
        },
        // Experiments are locked before runs, as by whoever deletes one.
        async (tx) => (target === undefined ? undefined : requireTarget(tx, projectId, target)),
      )
    },

    /** Those that are deleted stay as they are. @returns how many were deleted by it */
    delete: (caller: Caller, runIds: readonly string[]) => setDeleted(caller, runIds, now().getTime()),

    /** @returns how many were restored by it */
    restore: (caller: Caller, runIds: readonly string[]) => setDeleted(caller, runIds, null),
  }
}

/** @throws DomainError `tracking.run_not_found` for the first that is not there */
export async function findAll(db: Db, projectId: string, runIds: readonly string[]): Promise<RunRow[]> {
  return requireAll(runIds, await runChangeStore(db).find(projectId, runIds))
}

function requireAll(runIds: readonly string[], rows: RunRow[]): RunRow[] {
  const found = new Set(rows.map(({ run_id }) => run_id))
  const missing = runIds.find((id) => !found.has(id))
  if (missing !== undefined) throw runNotFound(missing)
  return rows
}

export const numbersOf = (rows: readonly RunRow[]): number[] => rows.map(({ run_number }) => run_number)

async function requireTarget(tx: Db, projectId: string, experimentId: number): Promise<void> {
  const row = await experimentStore(tx).lock({ projectId, experimentId })
  if (!row) throw experimentNotFound(String(experimentId))
  requireActive(row)
}

/** The name of a run and its tag hold the same. */
function checkedChange({ name, setTags = {}, deleteTags = [], experiment }: Omit<Change, 'runs'>) {
  const sent = Object.entries(setTags).map(([key, value]) => checkedPair('tag', { key, value }, limits.tagValue))
  const tags = new Map(sent.map((tag) => [tag.key, tag]))
  requireCount('tags', most.tags, tags.size + deleteTags.length)
  for (const key of deleteTags) requireKey('tag', key)
  const tagged = tags.get(nameTag)?.value
  const given = name === undefined ? tagged : truncated(name, limits.tagValue)
  refuseClash(tags, deleteTags, given)
  if (given !== undefined) tags.set(nameTag, { key: nameTag, value: given })
  if (tags.size + deleteTags.length === 0 && experiment === undefined) {
    throw bad('runs', 'Nothing is to be changed: give a name, tags or an experiment.')
  }
  return { name: given, tags: [...tags.values()], deleteTags }
}

function refuseClash(
  tags: ReadonlyMap<string, { readonly value: string }>,
  deleteTags: readonly string[],
  name: string | undefined,
): void {
  const both = deleteTags.find((key) => tags.has(key))
  if (both !== undefined) throw bad('deleteTags', `The tag '${both}' is both set and deleted: decide for one.`)
  if (deleteTags.includes(nameTag)) {
    throw bad('deleteTags', `The tag '${nameTag}' holds the name of the run: rename the run instead.`)
  }
  const tagged = tags.get(nameTag)?.value
  if (tagged === '' || (tagged !== undefined && tagged !== name)) {
    throw bad('setTags', `The tag '${nameTag}' holds the name of the run: give that one name, and not an empty one.`)
  }
}

const bad = (field: string, why: string) => fail('tracking.bad_value', { field }, { why })
