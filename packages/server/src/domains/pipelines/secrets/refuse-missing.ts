import { type PipelineSpec, secretsErrors } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { secretsStore } from './store.ts'

const fail = failures(secretsErrors)

/** @throws DomainError `pipelines.secret_missing` when a step names a secret that the project does not have */
export async function refuseMissingSecret(db: Db, projectId: string, { steps }: PipelineSpec): Promise<void> {
  if (steps.every(({ secrets }) => Object.keys(secrets).length === 0)) return
  const known = new Set((await secretsStore(db).current(projectId)).map(({ name }) => name))
  for (const { key, secrets } of steps) {
    const secret = Object.values(secrets).find((name) => !known.has(name))
    if (secret === undefined) continue
    const why = `The step "${key}" needs the secret "${secret}", which is not set; set it with: evenkeel secret set ${secret}.`
    throw fail('pipelines.secret_missing', { step: key, secret }, { why })
  }
}
