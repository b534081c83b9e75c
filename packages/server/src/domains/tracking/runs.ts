import { trackingErrors } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'

const fail = failures(trackingErrors)

export function createRuns({ db }: { db: Db }) {
  return {
    async get({ projectId }: Caller, runId: string): Promise<{ artifactUri: string }> {
      const row = await db
        .$pickTables<'tracking.run'>()
        .selectFrom('tracking.run')
        .select('artifact_uri')
        .where('project_id', '=', projectId)
        .where('run_id', '=', runId)
        .executeTakeFirst()
      if (row) return { artifactUri: row.artifact_uri }
      throw fail('tracking.run_not_found', { run: runId }, { why: `Run with id=${runId} not found` })
    },
  }
}
