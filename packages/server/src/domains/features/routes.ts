import { features as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Features } from './service.ts'

export function featuresRoutes(app: FastifyInstance, features: Features): void {
  mount(app, endpoints, {
    list: async (_request, caller) => ({ items: await features.list(caller) }),
    define: ({ params, body }, caller) => features.define(caller, params.view, body),
    get: ({ params }, caller) => features.get(caller, params.view),
    push: ({ params, query, body }, caller) => features.push(caller, params.view, { ...query, ...body }),
    materialize: ({ params, body }, caller) => features.materialize(caller, params.view, body),
    readOnline: async ({ params, body }, caller) => ({ values: await features.readOnline(caller, params.view, body) }),
    joinSql: ({ params, query }, caller) => features.joinSql(caller, params.view, query),
    async *follow({ query }, caller, signal) {
      const names = query.views.split(',').filter((name) => name !== '')
      for await (const data of features.follow(caller, names, signal)) yield { data }
    },
    acknowledge: async ({ params, body }, caller) => {
      await features.acknowledge(caller, params.view, body.node, body.sequence)
      return {}
    },
  })
}
