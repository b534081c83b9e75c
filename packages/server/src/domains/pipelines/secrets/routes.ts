import { secrets as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { Secrets } from './service.ts'

export function secretsRoutes(app: FastifyInstance, secrets: Secrets): void {
  mount(app, endpoints, {
    list: async (_, caller) => ({ items: await secrets.list(caller) }),
    put: ({ params, body }, caller) => secrets.put(caller, params.secret, body.value),
    remove: ({ params }, caller) => secrets.remove(caller, params.secret),
  })
}
