import { lineage as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Lineage } from './service.ts'

export function lineageRoutes(app: FastifyInstance, lineage: Lineage): void {
  mount(app, endpoints, {
    receive: ({ body }, caller) => lineage.receive(caller, body),
    graph: ({ query }, caller) => lineage.graph(caller, query),
    nodes: async ({ query }, caller) => ({ items: await lineage.nodes(caller, query) }),
    events: ({ query }, caller) => lineage.events(caller, query),
    listTargets: async (_, caller) => ({ items: await lineage.targets.list(caller) }),
    putTarget: ({ params, body }, caller) => lineage.targets.put(caller, params.target, body),
    removeTarget: ({ params }, caller) => lineage.targets.remove(caller, params.target),
    schema: async ({ params }) => lineage.schema(params.version, params.name),
  })
}
