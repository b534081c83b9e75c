import type { Db } from '../../platform/db.ts'
import { loggedModelStore } from './logged-model-store.ts'

/** What became of runs, which another domain knows. `app.ts` hands it over. */
export interface OriginNeeds {
  /** Versions of registered models that name one of these runs or logged models, or whose files lie in one of the folders. */
  readonly versionsFrom: (
    db: Db,
    projectId: string,
    origins: {
      readonly runIds: readonly string[]
      readonly modelIds: readonly string[]
      readonly folders: readonly string[]
    },
  ) => Promise<
    readonly {
      readonly model: string
      readonly version: number
      readonly runId: string | null
      readonly modelId: string | null
      readonly folder: string | null
    }[]
  >
}

interface RunFiles {
  readonly run_id: string
  readonly artifact_uri: string
}

export interface VersionName {
  readonly model: string
  readonly version: number
}

/** Versions of registered models by the run that they came of: it, a model that it logged, or files of either. */
export async function versionsByRun(
  db: Db,
  { versionsFrom }: OriginNeeds,
  projectId: string,
  runs: readonly RunFiles[],
): Promise<ReadonlyMap<string, readonly VersionName[]>> {
  const runIds = runs.map(({ run_id }) => run_id)
  const models = await loggedModelStore(db).ofRuns(projectId, runIds)
  const owners = new Map([
    ...models.map(({ artifact_uri, source_run_id }) => [artifact_uri, source_run_id!] as const),
    ...runs.map(({ artifact_uri, run_id }) => [artifact_uri, run_id] as const),
  ])
  const makers = new Map(models.map(({ model_id, source_run_id }) => [model_id, source_run_id!]))
  const found = await versionsFrom(db, projectId, { runIds, modelIds: [...makers.keys()], folders: [...owners.keys()] })

  const versions = new Map<string, VersionName[]>(runIds.map((id) => [id, []]))
  for (const { model, version, runId, modelId, folder } of found) {
    const origins = new Set([runId, makers.get(modelId ?? ''), owners.get(folder ?? '')])
    for (const origin of origins) versions.get(origin ?? '')?.push({ model, version })
  }
  return versions
}

/** The folder of a place that keeps its files with us, for `/api/v1/files`; null when clients keep them elsewhere. */
export function folderBehind(uri: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(uri) ?? []
  return path ?? null
}
