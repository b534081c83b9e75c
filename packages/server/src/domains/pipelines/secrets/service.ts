import { type Secret, secretsErrors } from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import { sql } from 'kysely'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import type { PipelinesDeps } from '../needs.ts'
import { refuseStep } from '../refuse-step.ts'
import { createMask, type Mask } from './mask.ts'
import { openSeal, type Seal } from '../../../platform/seal.ts'
import { type SecretRow, secretsStore } from './store.ts'

const fail = failures(secretsErrors)

/** A step cannot be given a secret that it needs. `message` says why and what to do. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable'
}

/** Variable of a step to the name of a secret. */
export type Wanted = Readonly<Record<string, string>>

export interface Secrets {
  list(caller: Caller): Promise<Secret[]>
  put(caller: Caller, name: string, value: string): Promise<Secret>
  remove(caller: Caller, name: string): Promise<Secret>
  /** Values for one attempt, by variable. @throws SecretUnavailable when one is not there, or cannot be opened here */
  valuesFor(projectId: string, wanted: Wanted): Promise<Record<string, string>>
  /** Hides every value that the project has or had. */
  maskOf(projectId: string): Promise<Mask>
}

export function createSecrets({ db, folder, now }: Pick<PipelinesDeps, 'db' | 'folder' | 'now'>): Secrets {
  const store = secretsStore(db)
  let opened: Promise<Seal> | undefined
  const seal = () => (opened ??= openSeal(folder))
  // What never changes is opened once.
  const known = new Map<string, string>()

  async function open(row: SecretRow): Promise<string> {
    const value = known.get(row.id) ?? (await seal()).open(row.sealed, aboutOf(row))
    known.set(row.id, value)
    return value
  }

  return {
    async list({ projectId }) {
      return (await store.current(projectId)).map(present)
    },

    async put(caller, name, value) {
      refuseStep(caller)
      const { keyId, close } = await seal()
      const { projectId, userName } = caller
      const identity = { id: randomUUIDv7(), project_id: projectId, name }
      const row = { ...identity, key_id: keyId, created_by: userName, created_at: now() }
      await db.transaction().execute(async (tx) => {
        const inTx = secretsStore(tx)
        await sql`select pg_advisory_xact_lock(hashtext('evenkeel.secrets'))`.execute(tx)
        const expectedKeyId = await inTx.newestKeyId()
        if (expectedKeyId !== undefined && expectedKeyId !== keyId)
          throw fail('pipelines.secret_key_differs', { keyId, expectedKeyId })
        await inTx.retire(projectId, name, row.created_at)
        await inTx.add({ ...row, sealed: close(value, aboutOf(identity)) })
        const after = { version: row.id }
        await audit(tx, { projectId, actor: userName, action: 'pipelines.put_secret', subject: name, after })
      })
      return present(row)
    },

    async remove(caller, name) {
      refuseStep(caller)
      const { projectId, userName } = caller
      return db.transaction().execute(async (tx) => {
        const retired = await secretsStore(tx).retire(projectId, name, now())
        if (!retired) throw fail('pipelines.secret_not_found', { secret: name })
        const before = { version: retired.id }
        await audit(tx, { projectId, actor: userName, action: 'pipelines.remove_secret', subject: name, before })
        return present(retired)
      })
    },

    async valuesFor(projectId, wanted) {
      const entries = Object.entries(wanted)
      if (entries.length === 0) return {}
      const rows = new Map((await store.current(projectId)).map((row) => [row.name, row]))
      const values: Record<string, string> = {}
      for (const [variable, name] of entries) {
        const row = rows.get(name)
        if (!row)
          throw new SecretUnavailable(`The project has no secret "${name}"; set it with: evenkeel secret set ${name}.`)
        values[variable] = await open(row).catch((cause: unknown) => {
          throw new SecretUnavailable(`The secret "${name}" cannot be opened here: ${otherKey}`, { cause })
        })
      }
      return values
    },

    async maskOf(projectId) {
      const rows = await store.every(projectId)
      // What this server cannot open it has never given to a step.
      const values = await Promise.all(rows.map((row) => open(row).catch(() => '')))
      return createMask([...new Set(values)])
    },
  }
}

const otherKey = 'copy keys/secrets.key from the data folder of the server that sealed it, and start this one again.'

const aboutOf = ({ project_id, name, id }: Pick<SecretRow, 'project_id' | 'name' | 'id'>): string =>
  JSON.stringify([project_id, name, id])

const present = ({ name, id, created_by, created_at }: Omit<SecretRow, 'sealed' | 'retired_at'>): Secret => ({
  name,
  version: id,
  updatedBy: created_by,
  updatedAt: created_at.toISOString(),
})
