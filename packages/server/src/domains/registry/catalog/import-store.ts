import type { Db } from '../../../platform/db.ts'
import type { VersionKey } from '../store.ts'

/** Every query on versions that only imports need. */
export function importStore(db: Db) {
  const tables = db.$pickTables<'registry.model_version'>()

  return {
    /** A deleted one too. */
    findVersion: ({ projectId, model, version }: VersionKey) =>
      tables
        .selectFrom('registry.model_version')
        .select(['created_at', 'source_run_id', 'deleted_at'])
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .executeTakeFirst(),

    /** Says anew where the files of a version lie. */
    async moveVersion(
      { projectId, model, version }: VersionKey,
      { source, sourceUri }: { readonly source: string; readonly sourceUri: string },
    ): Promise<void> {
      await tables
        .updateTable('registry.model_version')
        .set({ source, source_uri: sourceUri })
        .where('project_id', '=', projectId)
        .where('model', '=', model)
        .where('version', '=', version)
        .execute()
    },
  }
}
