import { canonicalJson, type PurgePlan } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import type { Db } from '../../platform/db.ts'
import { loggedModelStore } from './logged-model-store.ts'
import { folderBehind, type OriginNeeds, type VersionName, versionsByRun } from './origins.ts'
import { purgeStore } from './purge-store.ts'
import type { RunRow } from './run-store.ts'

export interface PurgeNeeds extends OriginNeeds {
  /** Files under names, which another domain keeps. `app.ts` hands them over. */
  readonly files: {
    /** How many files lie in any of the folders, and how large they are. */
    measure(db: Db, projectId: string, folders: readonly string[]): Promise<{ files: number; sizeBytes: number }>
    deleteBelow(tx: Db, projectId: string, folders: readonly string[]): Promise<void>
  }
  /** Traces, which another domain keeps; those that a run has made go with it. */
  readonly traces: {
    countOfRuns(db: Db, projectId: string, runIds: readonly string[]): Promise<number>
    /** Notes in the transaction what is gone; `sweep` deletes its traces. */
    forget(tx: Db, projectId: string, owners: readonly TraceOwner[]): Promise<void>
    sweep(): Promise<void>
    countOld(asked: OldTraces): Promise<number>
    /** Deletes a chunk of them. @returns how many, until there are none */
    deleteOld(asked: OldTraces): Promise<number>
  }
}

/** Traces of an experiment that began before a moment, without those that have a tag. */
interface OldTraces {
  readonly projectId: string
  readonly experimentId: number
  readonly untilMs: number
  readonly keepTag: string
}

type TraceOwner =
  | { readonly runId: string; readonly experimentId: null }
  | { readonly runId: null; readonly experimentId: number }

/** What would go, by the names that its tables know. */
export interface Purge {
  readonly losses: Omit<PurgePlan, 'confirmation'>
  readonly runs: readonly RunRow[]
  readonly modelNumbers: readonly number[]
  readonly folders: readonly string[]
}

/** What deleting these runs for good takes away, and which of them stay. */
export async function planOf(db: Db, needs: PurgeNeeds, projectId: string, rows: readonly RunRow[]): Promise<Purge> {
  const versions = await versionsByRun(db, needs, projectId, rows)
  const kept = rows.flatMap((row) => {
    const why = whyKept(row, versions.get(row.run_id) ?? [])
    return why === null ? [] : [{ run: row.run_id, why }]
  })
  const stays = new Set(kept.map(({ run }) => run))
  const runs = rows.filter(({ run_id }) => !stays.has(run_id))
  const runIds = runs.map(({ run_id }) => run_id)
  const models = await loggedModelStore(db).ofRuns(projectId, runIds)
  const folders = [...runs, ...models].map(({ artifact_uri }) => folderBehind(artifact_uri)).filter((of) => of !== null)
  const losses = {
    runs: runs.length,
    points: await purgeStore(db).countPoints(runs.map(({ run_number }) => run_number)),
    loggedModels: models.length,
    traces: await needs.traces.countOfRuns(db, projectId, runIds),
    ...(await needs.files.measure(db, projectId, folders)),
    kept,
  }
  return { losses, runs, folders, modelNumbers: models.map(({ model_number }) => model_number) }
}

function whyKept({ deleted_ms }: RunRow, [version, ...others]: readonly VersionName[]): string | null {
  if (deleted_ms === null) return 'It is not deleted: delete it first.'
  if (!version) return null
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  return `Version ${version.version} of the model "${version.model}"${more} came of it: delete that first.`
}

/** Changes with anything that the plan tells. */
export const confirmationOf = (projectId: string, { losses, runs }: Purge): string => {
  const told = { projectId, losses, runs: runs.map(({ run_id }) => run_id) }
  return createHash('sha256').update(canonicalJson(told)).digest('hex')
}
