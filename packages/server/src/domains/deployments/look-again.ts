import type { DeploymentsDeps } from './deps.ts'
import type { Rollouts } from './rollouts.ts'
import { deploymentsStore } from './store.ts'

/** News of predictions comes several times a second; a look at a canary costs a query over all it has answered. */
const gatherMs = 250

/**
 * Looks at the running rollout of an endpoint soon, once for all calls that come together. A look that is lost with the
 * process, or fails, is made good by the periodic `deployments.advance`.
 */
export function createLookAgain({ db, rollouts }: Pick<DeploymentsDeps, 'db'> & { readonly rollouts: Rollouts }) {
  const planned = new Set<string>()

  async function look(projectId: string, endpoint: string): Promise<void> {
    const running = await deploymentsStore(db).findRunning({ projectId, endpoint })
    if (running) await rollouts.advance(running.id)
  }

  return (projectId: string, endpoint: string): void => {
    const key = `${projectId}/${endpoint}`
    if (planned.has(key)) return
    planned.add(key)
    setTimeout(() => {
      planned.delete(key)
      look(projectId, endpoint).catch(() => undefined)
    }, gatherMs).unref()
  }
}
