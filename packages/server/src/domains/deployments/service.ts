import {
  type deployments as endpoints,
  deploymentsErrors,
  type EndpointView,
  type ParsedRequestOf,
  type Rollout,
} from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { type Db, json } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { tellEndpoint } from './announce.ts'
import { createAutoDeploy } from './auto-deploy.ts'
import { createDecisions } from './decisions.ts'
import { createDeploy } from './deploy.ts'
import type { DeploymentsDeps } from './deps.ts'
import { publishDesired } from './desire.ts'
import { createFleet } from './fleet.ts'
import { fleetStore } from './fleet-store.ts'
import { deploymentsJobs, deploymentsSubscriptions } from './jobs.ts'
import { createRollouts } from './rollouts.ts'
import type { EndpointRow } from './rows.ts'
import { deploymentsStore, desiredChannel } from './store.ts'
import { createViews, requireEndpoint } from './views.ts'
import { createLookAgain } from './look-again.ts'
import { createWakeUps } from './wake-ups.ts'

const fail = failures(deploymentsErrors)

type BodyOf<K extends 'put' | 'deploy' | 'rollback'> = ParsedRequestOf<(typeof endpoints)[K]>['body']

export type Deployments = ReturnType<typeof createDeployments>

export function createDeployments(deps: DeploymentsDeps) {
  const { db, url, now, signingKey, version: versionOf } = deps
  const views = createViews(deps)
  const rollouts = createRollouts(deps)
  const deploy = createDeploy({ ...deps, rollouts })
  const decisions = createDecisions({ ...deps, rollouts })
  const autoDeploy = createAutoDeploy({ ...deps, deploy })
  const fleet = createFleet({ ...deps, rollouts, wakeUps: createWakeUps(url, desiredChannel) })

  return {
    ...views,
    ...fleet,
    publicKey: { keyId: signingKey.id, publicKeyPem: signingKey.publicKey },

    /** @throws DomainError `deployments.endpoint_in_use` when the model or the environment would change under traffic */
    async put({ projectId, userName: actor }: Caller, endpoint: string, spec: BodyOf<'put'>): Promise<EndpointView> {
      await db.transaction().execute(async (tx) => {
        const store = deploymentsStore(tx)
        const before = await store.lockEndpoint({ projectId, endpoint })
        if (before) await requireUnused(tx, before, spec)
        await store.putEndpoint(rowOf(projectId, endpoint, spec, now()))
        await publishDesired(tx, signingKey, { projectId, environment: spec.environment })
        await tellEndpoint(tx, { project_id: projectId, endpoint })
        const record = { projectId, actor, action: 'deployments.put_endpoint', subject: endpoint }
        await audit(tx, { ...record, before: before && specOf(before), after: spec })
      })
      return views.endpoint(projectId, endpoint)
    },

    async deploy({ projectId, userName }: Caller, endpoint: string, body: BodyOf<'deploy'>): Promise<Rollout> {
      const { model } = await requireEndpoint(db, { projectId, endpoint })
      const version = await versionOf(projectId, model, body.version)
      const id = await deploy({ projectId, endpoint }, version, { ...body, startedBy: userName })
      // Only what a gate started may be unwanted.
      return views.rollout(projectId, id!)
    },

    async decide(caller: Caller, id: string, action: 'promote' | 'abort', reason: string): Promise<Rollout> {
      await decisions.decide(caller.projectId, id, action, { actor: caller.userName, reason })
      return views.rollout(caller.projectId, id)
    },

    async rollback(caller: Caller, endpoint: string, { reason, version }: BodyOf<'rollback'>): Promise<Rollout> {
      const { projectId, userName: actor } = caller
      const id = await decisions.rollback({ projectId, endpoint }, { actor, reason }, version)
      return views.rollout(projectId, id)
    },

    /** For other domains: predictions or labels of an endpoint have arrived. */
    lookAgain: createLookAgain({ db, rollouts }),

    /** For other domains: the id of a rollout of the model that is not over. */
    async rolloutRunning(projectId: string, model: string): Promise<string | null> {
      const [running] = await deploymentsStore(db).listRunning({ projectId, model })
      return running?.id ?? null
    },

    /** For other domains: endpoints of a model, versions that were ever wanted on one, and environments that got any. */
    async useOf(projectId: string, model: string) {
      const { endpoints, rolledOut } = await deploymentsStore(db).usesOf(projectId, model)
      const environments = rolledOut.filter(({ started }) => started).map(({ environment }) => environment)
      return { endpoints, versions: rolledOut.map(({ version }) => version), environments }
    },

    /** For other domains: names of the live nodes of every environment with an endpoint that uses the feature view. */
    async nodesFollowing(projectId: string, view: string): Promise<string[]> {
      const all = await deploymentsStore(db).listEndpoints({ projectId })
      const following = new Set(all.filter((row) => row.feature_views.includes(view)).map((row) => row.environment))
      const nodes = await fleetStore(db, now).listNodes(projectId)
      return nodes
        .filter(({ live, environments }) => live && environments.some((name) => following.has(name)))
        .map(({ name }) => name)
    },

    subscriptions: deploymentsSubscriptions({ ...deps, rollouts, autoDeploy }),
    jobs: deploymentsJobs({ ...deps, rollouts, autoDeploy }),
  }
}

async function requireUnused(tx: Db, before: EndpointRow, spec: BodyOf<'put'>): Promise<void> {
  const { project_id: projectId, name: endpoint, model, environment } = before
  if (model === spec.model && environment === spec.environment) return
  const isUsed = before.version !== null || (await deploymentsStore(tx).findRunning({ projectId, endpoint }))
  if (isUsed) throw fail('deployments.endpoint_in_use', { endpoint, model, environment })
}

const rowOf = (projectId: string, name: string, spec: BodyOf<'put'>, now: Date) => ({
  project_id: projectId,
  name,
  environment: spec.environment,
  model: spec.model,
  description: spec.description,
  feature_views: spec.featureViews,
  recording: json(spec.recording),
  auto_deploy: spec.autoDeploy,
  plan: json(spec.plan),
  created_at: now,
  ...(!spec.autoDeploy && { wanted_version: null }),
})

const specOf = (row: EndpointRow): BodyOf<'put'> => ({
  environment: row.environment,
  model: row.model,
  description: row.description,
  featureViews: row.feature_views,
  recording: row.recording,
  autoDeploy: row.auto_deploy,
  plan: row.plan,
})
