import { runtimes as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { Runtimes } from './service.ts'

export function runtimesRoutes(app: FastifyInstance, runtimes: Runtimes): void {
  mount(app, endpoints, {
    list: () => runtimes.list(),
    get: ({ params }) => runtimes.get(params.runtime),
    remove: ({ params }, caller) => runtimes.remove(caller, params.runtime),
    prune: async ({ body }, caller) => ({ removed: await runtimes.prune(caller, body.olderThanSeconds) }),
  })
}
