import type { RetentionKept, RetentionLosses, RetentionPreview } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { planOf, type PurgeNeeds } from '../purge-plan.ts'
import { type Aged, foldersOf, pagesOf, unregistered } from './aged.ts'
import { addedLosses, nothingLost } from './losses.ts'
import { type OldRuns, oldRunsStore } from './old-runs-store.ts'

/** Runs that are looked at together. */
const page = 500

type Counts = Omit<RetentionPreview, 'experiments'>

const nothingKept: RetentionKept = { registered: 0, tagged: 0, chosen: 0 }

/** Counts what would go of an experiment, in the order in which it would. */
export async function previewOf(db: Db, needs: PurgeNeeds, aged: Aged): Promise<Counts> {
  const purged = await purgedOf(db, needs, aged)
  const active = await agedRuns(db, needs, aged.active)
  const stripped = await agedRuns(db, needs, aged.files, true)
  const { projectId, experimentId, tracesUntilMs: untilMs, policy } = aged
  const traces =
    untilMs === null ? 0 : await needs.traces.countOld({ projectId, experimentId, untilMs, keepTag: policy.keep.tag })
  const { files, sizeBytes } = stripped
  const kept = aged.active ? active.kept : stripped.kept
  const more = { deletedRuns: active.runs, strippedRuns: stripped.runs, files, sizeBytes, traces }
  return { ...addedLosses(purged, more), kept }
}

async function agedRuns(db: Db, needs: PurgeNeeds, asked: OldRuns | null, measures = false) {
  let sums = { runs: 0, files: 0, sizeBytes: 0, kept: nothingKept }
  if (!asked) return sums
  const store = oldRunsStore(db)
  sums = { ...sums, kept: { registered: 0, ...(await store.countKept(asked)) } }
  for await (const rows of pagesOf((after) => store.page(asked, after, page))) {
    const going = await unregistered(db, needs, asked.projectId, rows)
    const folders = measures ? await foldersOf(db, asked.projectId, going) : []
    const { files, sizeBytes } = await needs.files.measure(db, asked.projectId, folders)
    sums = {
      runs: sums.runs + going.length,
      files: sums.files + files,
      sizeBytes: sums.sizeBytes + sizeBytes,
      kept: { ...sums.kept, registered: sums.kept.registered + rows.length - going.length },
    }
  }
  return sums
}

async function purgedOf(db: Db, needs: PurgeNeeds, aged: Aged): Promise<RetentionLosses> {
  let sum = nothingLost
  const { purgedUntilMs: untilMs, projectId, experimentId } = aged
  if (untilMs === null) return sum
  const store = oldRunsStore(db)
  for await (const rows of pagesOf((after) => store.deleted({ projectId, experimentId, untilMs }, after, page))) {
    const { losses } = await planOf(db, needs, projectId, rows)
    sum = addedLosses(sum, { ...losses, purgedRuns: losses.runs })
  }
  const isEmpty = await store.isEmptyBut(aged, sum.purgedRuns)
  return addedLosses(sum, { purgedExperiments: isEmpty ? 1 : 0 })
}
