import type { CodeFile, StepSource } from '@evenkeel/contract'
import type { Insertable, Selectable } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'

/** Every query of the folders of repositories that steps were made of. */
export function stepSourcesStore(db: Db) {
  const tables = db.$pickTables<'pipelines.step_source'>()

  return {
    async filesOf(projectId: string, { repository, commit, path }: StepSource): Promise<CodeFile[] | undefined> {
      const row: Pick<Selectable<Database['pipelines.step_source']>, 'files'> | undefined = await tables
        .selectFrom('pipelines.step_source')
        .select('files')
        .where((source) => source.and({ project_id: projectId, repository, commit, path }))
        .executeTakeFirst()
      return row?.files as CodeFile[] | undefined
    },

    /** What is at a commit is the same whoever comes first. */
    async add(row: Insertable<Database['pipelines.step_source']>): Promise<void> {
      const { files, fetched_by, fetched_at } = row
      await tables
        .insertInto('pipelines.step_source')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['project_id', 'repository', 'commit', 'path'])
            .doUpdateSet({ files, fetched_by, fetched_at }),
        )
        .execute()
    },
  }
}
