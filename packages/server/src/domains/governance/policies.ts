import { EnvironmentPolicy, GatePolicy } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { governanceStore } from './store.ts'

/** Who lets versions in where no policy was written: nobody needs to in `staging`, a person everywhere else. */
const defaultEnvironmentPolicy = (environment: string): EnvironmentPolicy =>
  EnvironmentPolicy.parse({ approval: environment === 'staging' ? 'self' : 'person' })

/** The gate of a model: what was written, or the default of the contract. */
export async function gateOf(db: Db, projectId: string, model: string): Promise<GatePolicy> {
  const row = await governanceStore(db).findGate(projectId, model)
  return GatePolicy.parse(row?.policy ?? {})
}

export async function environmentPolicyOf(db: Db, projectId: string, environment: string): Promise<EnvironmentPolicy> {
  const row = await governanceStore(db).findEnvironmentPolicy(projectId, environment)
  return row ? EnvironmentPolicy.parse(row.policy) : defaultEnvironmentPolicy(environment)
}

export async function putGate(tx: Db, { projectId, userName: actor }: Caller, model: string, after: GatePolicy) {
  const before = await gateOf(tx, projectId, model)
  await governanceStore(tx).putGate(projectId, model, after)
  await audit(tx, { projectId, actor, action: 'governance.put_gate', subject: model, before, after })
}

export async function putEnvironmentPolicy(
  tx: Db,
  { projectId, userName: actor }: Caller,
  environment: string,
  after: EnvironmentPolicy,
) {
  const before = await environmentPolicyOf(tx, projectId, environment)
  await governanceStore(tx).putEnvironmentPolicy(projectId, environment, after)
  const action = 'governance.put_environment_policy'
  await audit(tx, { projectId, actor, action, subject: environment, before, after })
}
