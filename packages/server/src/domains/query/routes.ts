import { query as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Queries } from './service.ts'

export function queryRoutes(app: FastifyInstance, queries: Queries): void {
  mount(app, endpoints, {
    schema: async () => ({ items: await queries.schema() }),
    run: ({ body }, caller, signal) => queries.run(caller, body, signal),
  })
}
