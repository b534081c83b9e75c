import { deployments as endpoints, fleet } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Deployments } from './service.ts'

export function deploymentsRoutes(app: FastifyInstance, deployments: Deployments): void {
  mount(app, endpoints, {
    list: ({ query }, { projectId }) => deployments.listEndpoints(projectId, query),
    get: ({ params }, { projectId }) => deployments.endpoint(projectId, params.endpoint),
    put: ({ params, body }, caller) => deployments.put(caller, params.endpoint, body),
    deploy: ({ params, body }, caller) => deployments.deploy(caller, params.endpoint, body),
    listRollouts: ({ params, query }, { projectId }) =>
      deployments.listRollouts({ projectId, ...params }, query.limit, query.cursor),
    getRollout: ({ params }, { projectId }) => deployments.rollout(projectId, params.rollout),
    promote: ({ params, body }, caller) => deployments.decide(caller, params.rollout, 'promote', body.reason),
    abort: ({ params, body }, caller) => deployments.decide(caller, params.rollout, 'abort', body.reason),
    rollback: ({ params, body }, caller) => deployments.rollback(caller, params.endpoint, body),
    traffic: async ({ params }, { projectId }) => ({ items: await deployments.traffic({ projectId, ...params }) }),
  })
  mount(app, fleet, {
    follow: ({ params, query }, { projectId }, signal) =>
      deployments.follow({ projectId, ...params }, query.node, signal),
    publicKey: async () => deployments.publicKey,
    acknowledge: async ({ body }, { projectId }) => {
      await deployments.acknowledge(projectId, body)
      return {}
    },
    report: async ({ body }, { projectId }) => {
      await deployments.report(projectId, body)
      return {}
    },
  })
}
