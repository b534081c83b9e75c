import type { DesiredState } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import type { SigningKey } from '../../platform/signing-key.ts'
import { desiredState, signed } from './desired-state.ts'
import type { EnvironmentKey } from './rows.ts'
import { deploymentsStore } from './store.ts'

/**
 * Writes what the nodes of an environment must serve, from the rows as the transaction has left them, under the next
 * generation. Call it after the change; other changes of the environment wait until the transaction ends.
 */
export async function publishDesired(tx: Db, key: SigningKey, where: EnvironmentKey): Promise<DesiredState> {
  const store = deploymentsStore(tx)
  const generation = await store.raiseGeneration(where)
  const endpoints = await store.listEndpointsOf(where)
  const rollouts = await store.listNewest(where.projectId, endpoints)
  const artifacts = await store.listArtifacts(where.projectId, [...new Set(endpoints.map(({ model }) => model))])
  const servings = endpoints.map((endpoint) => ({
    endpoint,
    rollout: rollouts.find((rollout) => rollout.endpoint === endpoint.name),
  }))
  const desired = signed(desiredState(where.environment, generation, servings, artifacts), key)
  await store.writeDesired(where, desired)
  return desired
}
