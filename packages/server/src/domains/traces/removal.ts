import type { Db } from '../../platform/db.ts'
import type { TracesDeps } from './deps.ts'
import { type OldTraces, type Owner, removalStore } from './removal-store.ts'

/** Traces that one transaction deletes. */
const chunk = 500

/** Deletes traces for good, with the files that belong to them: those of runs and experiments that are gone, and old ones. */
export function createRemoval({ db, files }: Pick<TracesDeps, 'db' | 'files'>) {
  /** @returns how many were deleted; none are left when that is less than a chunk */
  const deleteChunk = (projectId: string, take: (tx: Db) => Promise<readonly string[]>): Promise<number> =>
    db.transaction().execute(async (tx) => {
      const places = await take(tx)
      const folders = places.flatMap((place) => folderBehind(place) ?? [])
      await files.deleteBelow(tx, projectId, folders)
      return places.length
    })

  return {
    countOfRuns: (of: Db, projectId: string, runIds: readonly string[]): Promise<number> =>
      removalStore(of).countOfRuns(projectId, runIds),

    countOld: (asked: OldTraces): Promise<number> => removalStore(db).countOld(asked),

    /** @returns how many of at most 500 were deleted */
    deleteOld: (asked: OldTraces): Promise<number> =>
      deleteChunk(asked.projectId, (tx) => removalStore(tx).deleteOld(asked, chunk)),

    /** Notes in the transaction that runs or experiments go for good; `sweep` takes their traces. */
    forget: (tx: Db, projectId: string, owners: readonly Owner[]): Promise<void> =>
      removalStore(tx).notePurged(projectId, owners),

    /** Traces of what is gone: nobody looks for them any more, so each chunk stands alone. */
    async sweep(): Promise<void> {
      const store = removalStore(db)
      for (let row = await store.nextPurged(); row; row = await store.nextPurged()) {
        const purged = row
        const deleted = await deleteChunk(purged.projectId, (tx) => removalStore(tx).deleteOf(purged, chunk))
        if (deleted === 0) await store.forgetPurged(purged)
      }
    },
  }
}

/** Null when clients keep the files elsewhere. */
function folderBehind(place: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(place) ?? []
  return path ?? null
}
