import { storage as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Storage } from './service.ts'

export function storageRoutes(app: FastifyInstance, storage: Storage): void {
  mount(app, endpoints, {
    collect: ({ body }, caller) => storage.collect(caller, body),
    list: ({ query }) => storage.list(query),
    get: ({ params }) => storage.get(params.collection),
  })
}
