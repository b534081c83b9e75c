import { sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'

/** What versions can come of: runs, models that these logged, and places where files of either lie. */
export interface Origins {
  readonly runIds: readonly string[]
  readonly modelIds: readonly string[]
  /** Without a slash at the end. */
  readonly folders: readonly string[]
}

export interface OriginatedVersion {
  readonly model: string
  readonly version: number
  /** Which of the origins it names; the folder is null when its files lie elsewhere. */
  readonly runId: string | null
  readonly modelId: string | null
  readonly folder: string | null
}

/** Versions of registered models that came of any of these. */
export async function versionsFrom(
  db: Db,
  projectId: string,
  { runIds, modelIds, folders }: Origins,
): Promise<readonly OriginatedVersion[]> {
  const { rows } = await sql<OriginatedVersion>`
    select v.model, v.version, v.source_run_id as "runId", v.source_model_id as "modelId", f.folder
    from registry.model_version v
    left join lateral (
      select folder from unnest(${[...folders]}::text[]) sent (folder)
      where v.source_uri = folder or starts_with(v.source_uri, folder || '/') limit 1
    ) f on true
    where v.project_id = ${projectId} and v.deleted_at is null
      and (v.source_run_id = any(${[...runIds]}::text[]) or v.source_model_id = any(${[...modelIds]}::text[])
        or f.folder is not null)
    order by v.model, v.version`.execute(db)
  return rows
}
