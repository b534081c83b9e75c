import { reproductions as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { Reproductions } from './service.ts'

export function reproductionsRoutes(app: FastifyInstance, reproductions: Reproductions): void {
  mount(app, endpoints, {
    start: ({ params, body }, caller) => reproductions.start(caller, { ...params, ...body }),
    list: ({ params, query }, caller) => reproductions.list(caller, { ...params, ...query }),
    get: ({ params }, caller) => reproductions.get(caller, params.reproduction),
  })
}
