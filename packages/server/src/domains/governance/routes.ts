import { governance as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Governance } from './service.ts'

export function governanceRoutes(app: FastifyInstance, governance: Governance): void {
  mount(app, endpoints, {
    getGate: ({ params }, { projectId }) => governance.getGate(projectId, params.model),
    putGate: ({ params, body }, caller) => governance.putGate(caller, params.model, body),
    getEnvironmentPolicy: ({ params }, { projectId }) => governance.getEnvironmentPolicy(projectId, params.environment),
    putEnvironmentPolicy: ({ params, body }, caller) =>
      governance.putEnvironmentPolicy(caller, params.environment, body),
    listApprovals: ({ query }, { projectId }) => governance.listApprovals(projectId, query),
    getApproval: ({ params }, { projectId }) => governance.getApproval(projectId, params.approval),
    decide: ({ params, body }, caller) => governance.decide(caller, { ...params, ...body }),
    delegate: ({ params, body }, caller) => governance.delegate(caller, { ...params, ...body }),
    listAudit: ({ query }, { projectId }) => governance.listAudit(projectId, query),
    verifyAudit: () => governance.verifyAudit(),
  })
}
