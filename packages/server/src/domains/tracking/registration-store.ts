import type { Db } from '../../platform/db.ts'

/** Where a run keeps its files, and what became of a logged model. */
export function registrationStore(db: Db) {
  const tables = db.$pickTables<'tracking.run' | 'tracking.logged_model' | 'tracking.logged_model_tag'>()

  return {
    findModel: (projectId: string, modelId: string) =>
      tables
        .selectFrom('tracking.logged_model')
        .select(['model_number', 'artifact_uri', 'source_run_id'])
        .where('project_id', '=', projectId)
        .where('model_id', '=', modelId)
        .where('deleted_ms', 'is', null)
        .executeTakeFirst(),

    async runFiles(projectId: string, runId: string): Promise<string | undefined> {
      const row = await tables
        .selectFrom('tracking.run')
        .select('artifact_uri')
        .where('project_id', '=', projectId)
        .where('run_id', '=', runId)
        .executeTakeFirst()
      return row?.artifact_uri
    },

    /** Reads a tag and keeps its row locked until the transaction ends. */
    async lockTag(modelNumber: number, key: string): Promise<string | undefined> {
      const row = await tables
        .selectFrom('tracking.logged_model_tag')
        .select('value')
        .where('model_number', '=', modelNumber)
        .where('key', '=', key)
        .forUpdate()
        .executeTakeFirst()
      return row?.value
    },

    async putTag(modelNumber: number, key: string, value: string): Promise<void> {
      await tables
        .insertInto('tracking.logged_model_tag')
        .values({ model_number: modelNumber, key, value })
        .onConflict((conflict) => conflict.columns(['model_number', 'key']).doUpdateSet({ value }))
        .execute()
    },
  }
}
