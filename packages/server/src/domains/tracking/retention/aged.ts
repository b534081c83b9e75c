import type { RetentionPolicy } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { loggedModelStore } from '../logged-model-store.ts'
import { folderBehind, versionsByRun } from '../origins.ts'
import type { PurgeNeeds } from '../purge-plan.ts'
import type { RunRow } from '../run-store.ts'
import { type OldRuns, oldRunsStore } from './old-runs-store.ts'

const dayMs = 86_400_000

/** What of an experiment has had its time, by a policy, at a moment. */
export interface Aged {
  readonly projectId: string
  readonly experimentId: number
  readonly policy: RetentionPolicy
  /** Runs to be deleted. */
  readonly active: OldRuns | null
  /** Runs whose files go. */
  readonly files: OldRuns | null
  /** What was deleted before is purged. */
  readonly purgedUntilMs: number | null
  readonly tracesUntilMs: number | null
}

export const isOff = (policy: RetentionPolicy): boolean =>
  [policy.deleteRunsAfterDays, policy.deleteFilesAfterDays, policy.deleteTracesAfterDays, policy.purgeAfterDays].every(
    (days) => days === null,
  )

export async function agedOf(
  db: Db,
  { projectId, experimentId }: { readonly projectId: string; readonly experimentId: number },
  policy: RetentionPolicy,
  now: Date,
): Promise<Aged> {
  const { keep, deleteRunsAfterDays, deleteFilesAfterDays } = policy
  const before = (days: number | null) => (days === null ? null : now.getTime() - days * dayMs)
  const chosen =
    deleteRunsAfterDays === null && deleteFilesAfterDays === null
      ? []
      : await oldRunsStore(db).chosen(projectId, experimentId, keep)
  const purgedUntilMs = before(policy.purgeAfterDays)
  const runs = (days: number | null, which: OldRuns['which']): OldRuns | null => {
    const untilMs = before(days)
    return untilMs === null ? null : { projectId, experimentId, untilMs, keep, chosen, which }
  }
  return {
    projectId,
    experimentId,
    policy,
    active: runs(deleteRunsAfterDays, { kind: 'active' }),
    files: runs(deleteFilesAfterDays, { kind: 'files', purgedUntilMs }),
    purgedUntilMs,
    tracesUntilMs: before(policy.deleteTracesAfterDays),
  }
}

/** Pages of runs by their numbers, until there are no more. */
export async function* pagesOf(
  read: (after: number) => Promise<RunRow[]>,
): AsyncGenerator<readonly RunRow[], void, undefined> {
  for (let page = await read(0); page.length > 0; page = await read(page.at(-1)!.run_number)) yield page
}

/** Runs that no registered model version came of. */
export async function unregistered(
  db: Db,
  needs: PurgeNeeds,
  projectId: string,
  rows: readonly RunRow[],
): Promise<RunRow[]> {
  const versions = await versionsByRun(db, needs, projectId, rows)
  return rows.filter(({ run_id }) => (versions.get(run_id) ?? []).length === 0)
}

/** Where the files of runs, and of the models they logged, lie with us. */
export async function foldersOf(db: Db, projectId: string, rows: readonly RunRow[]): Promise<string[]> {
  const models = await loggedModelStore(db).ofRuns(
    projectId,
    rows.map(({ run_id }) => run_id),
  )
  return [...rows, ...models].flatMap(({ artifact_uri }) => folderBehind(artifact_uri) ?? [])
}
