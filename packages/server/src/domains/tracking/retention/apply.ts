import type { RetentionLosses } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import type { Settle } from '../metric-journal.ts'
import type { Purge, PurgeNeeds } from '../purge-plan.ts'
import { numbersOf } from '../run-changes.ts'
import { runChangeStore } from '../run-change-store.ts'
import type { RunRow } from '../run-store.ts'
import { type Aged, foldersOf, pagesOf, unregistered } from './aged.ts'
import { type OldRuns, oldRunsStore, strippedTag } from './old-runs-store.ts'

/** Runs that one transaction changes. */
const chunk = 50

export interface ApplyNeeds extends PurgeNeeds {
  readonly db: Db
  readonly now: () => Date
  readonly settle: Settle
  /** Deletes runs for good that are deleted now. */
  readonly purgeRuns: (caller: Caller, runIds: readonly string[]) => Promise<Purge['losses']>
}

type Tell = (more: Partial<RetentionLosses>) => Promise<void>

/** Takes away what has had its time, 50 runs or 500 traces in a transaction; each run is looked at again with its row locked. */
export async function applyTo(needs: ApplyNeeds, caller: Caller, aged: Aged, tell: Tell): Promise<void> {
  await purge(needs, caller, aged, tell)
  await eachChunk(needs, aged.files, (tx, rows) => strip(tx, needs, caller, rows), tell)
  await eachChunk(needs, aged.active, (tx, rows) => remove(tx, needs, caller, rows), tell)
  await removeTraces(needs, aged, tell)
}

async function purge(needs: ApplyNeeds, caller: Caller, aged: Aged, tell: Tell): Promise<void> {
  const { purgedUntilMs: untilMs, projectId, experimentId } = aged
  if (untilMs === null) return
  const store = oldRunsStore(needs.db)
  const old = { projectId, experimentId, untilMs }
  for await (const rows of pagesOf((after) => store.deleted(old, after, chunk))) {
    const { runs, points, loggedModels, traces, files, sizeBytes } = await needs.purgeRuns(
      caller,
      rows.map(({ run_id }) => run_id),
    )
    await tell({ purgedRuns: runs, points, loggedModels, traces, files, sizeBytes })
  }
  const isGone = await needs.db.transaction().execute(async (tx) => {
    if (!(await oldRunsStore(tx).lockEmpty(old))) return false
    await oldRunsStore(tx).deleteExperiment(projectId, experimentId)
    await needs.traces.forget(tx, projectId, [{ runId: null, experimentId }])
    const subject = String(experimentId)
    await audit(tx, { projectId, actor: caller.userName, action: 'tracking.purge_experiment', subject })
    return true
  })
  if (isGone) await tell({ purgedExperiments: 1 })
}

/** Works on old runs that nothing keeps, a chunk in a transaction. */
async function eachChunk(
  { db, ...needs }: ApplyNeeds,
  asked: OldRuns | null,
  work: (tx: Db, rows: readonly RunRow[]) => Promise<Partial<RetentionLosses>>,
  tell: Tell,
): Promise<void> {
  if (!asked) return
  for await (const page of pagesOf((after) => oldRunsStore(db).page(asked, after, chunk))) {
    const done = await db.transaction().execute(async (tx) => {
      const ids = page.map(({ run_id }) => run_id)
      const locked = await runChangeStore(tx).lock(asked.projectId, ids)
      const old = await oldRunsStore(tx).among(asked, numbersOf(locked))
      const rows = await unregistered(tx, needs, asked.projectId, old)
      return rows.length === 0 ? {} : work(tx, rows)
    })
    await tell(done)
  }
}

async function remove(tx: Db, { now }: ApplyNeeds, caller: Caller, rows: readonly RunRow[]) {
  await runChangeStore(tx).setDeleted(numbersOf(rows), now().getTime())
  await note(tx, caller, 'tracking.delete_old_runs', rows)
  return { deletedRuns: rows.length }
}

/** A person who looks for the files finds in a tag since when they are gone. */
async function strip(tx: Db, { files, now }: ApplyNeeds, caller: Caller, rows: readonly RunRow[]) {
  const { projectId } = caller
  const folders = await foldersOf(tx, projectId, rows)
  const gone = await files.measure(tx, projectId, folders)
  await files.deleteBelow(tx, projectId, folders)
  await runChangeStore(tx).putTags(numbersOf(rows), [{ key: strippedTag, value: now().toISOString() }])
  await note(tx, caller, 'tracking.delete_old_files', rows, gone)
  return { strippedRuns: rows.length, ...gone }
}

async function removeTraces({ traces }: ApplyNeeds, aged: Aged, tell: Tell): Promise<void> {
  const { projectId, experimentId, tracesUntilMs: untilMs, policy } = aged
  if (untilMs === null) return
  const old = { projectId, experimentId, untilMs, keepTag: policy.keep.tag }
  for (let deleted = await traces.deleteOld(old); deleted > 0; deleted = await traces.deleteOld(old)) {
    await tell({ traces: deleted })
  }
}

async function note(
  tx: Db,
  { projectId, userName }: Caller,
  action: string,
  rows: readonly RunRow[],
  more: object = {},
) {
  const after = { ids: rows.map(({ run_id }) => run_id), ...more }
  await audit(tx, { projectId, actor: userName, action, subject: `${rows.length} runs`, after })
}
