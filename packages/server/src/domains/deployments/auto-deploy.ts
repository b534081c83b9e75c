import { type deploymentsErrors, whyNot } from '@evenkeel/contract'
import { DomainError } from '../../platform/errors.ts'
import type { Deploy } from './deploy.ts'
import type { DeploymentsDeps } from './deps.ts'
import { system } from './rollouts.ts'
import type { EndpointKey } from './rows.ts'
import { deploymentsStore } from './store.ts'
import { requireEndpoint } from './views.ts'

interface AutoDeployDeps extends Pick<DeploymentsDeps, 'db' | 'version'> {
  readonly deploy: Deploy
}

export interface AutoDeploy {
  /** A version passed its gate: endpoints that follow its model want it, unless they had it or a newer one. */
  want(projectId: string, model: string, version: number): Promise<void>
  /** Deploys what endpoints want, wherever no rollout is in the way; of several wanted versions, the newest. */
  deployWanted(): Promise<void>
}

export function createAutoDeploy({ db, version: versionOf, deploy }: AutoDeployDeps): AutoDeploy {
  const store = deploymentsStore(db)

  async function deployOne(key: EndpointKey): Promise<void> {
    const { model, wanted_version: wanted } = await requireEndpoint(db, key)
    if (wanted === null) return
    const version = await versionOf(key.projectId, model, wanted)
    // Archived since, for example.
    if (whyNot('deploy', version.stage)) await store.forgetWanted(key, version.version)
    else await deploy(key, version, { startedBy: system, comment: 'gate passed', plan: {}, ifWanted: true })
  }

  return {
    want: (projectId, model, version) => store.wantVersion(projectId, model, version),

    async deployWanted() {
      const wanting = await store.listWanting()
      const results = await Promise.allSettled(wanting.map(deployOne))
      const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
      const unexpected = failed.filter((error) => !isInTheWay(error))
      if (unexpected.length > 0) throw new AggregateError(unexpected, 'wanted versions could not be deployed')
    },
  }
}

/** Somebody was faster: the version is deployed when that rollout ends. */
const isInTheWay = (error: unknown) =>
  error instanceof DomainError &&
  error.code === ('deployments.rollout_running' satisfies keyof typeof deploymentsErrors)
