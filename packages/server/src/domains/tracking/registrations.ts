import { trackingErrors } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { registrationStore } from './registration-store.ts'

const fail = failures(trackingErrors)

/** Tag of a logged model: JSON list of the versions that it became. */
const versionsTag = 'mlflow.modelVersions'

/** What a registry of models asks about runs and logged models, and what it tells them. */
export function createRegistrations({ db }: { readonly db: Db }) {
  async function find(of: Db, projectId: string, modelId: string) {
    const row = await registrationStore(of).findModel(projectId, modelId)
    if (row) return row
    const why = `Logged model with ID '${modelId}' not found.`
    throw fail('tracking.model_not_found', { model: modelId }, { why })
  }

  return {
    async loggedModel(projectId: string, modelId: string) {
      const { artifact_uri: artifactUri, source_run_id: sourceRunId } = await find(db, projectId, modelId)
      return { artifactUri, sourceRunId }
    },

    /** Where the files of a run lie; `undefined` when there is no such run. */
    runFiles: (projectId: string, runId: string): Promise<string | undefined> =>
      registrationStore(db).runFiles(projectId, runId),

    /** Writes on a logged model which version of which registered model it became. */
    async noteRegistration(tx: Db, projectId: string, modelId: string, of: { model: string; version: number }) {
      const { model_number: number } = await find(tx, projectId, modelId)
      const store = registrationStore(tx)
      const known = listOf(await store.lockTag(number, versionsTag))
      const entry = { name: of.model, version: of.version }
      await store.putTag(number, versionsTag, JSON.stringify([...known, entry]))
    },
  }
}

/** Clients may write the tag too, and anything into it. */
function listOf(tag: string | undefined): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(tag ?? '[]')
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}
