import { releases as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { Releases } from './service.ts'

export function releasesRoutes(app: FastifyInstance, releases: Releases): void {
  mount(app, endpoints, {
    create: ({ params, body }, caller) => releases.create(caller, params.pipeline, body),
    list: ({ params, query }, caller) => releases.list(caller, params.pipeline, query),
    get: ({ params }, caller) => releases.get(caller, params.pipeline, params.version),
    importOne: ({ params, body }, caller) => releases.importOne(caller, params.pipeline, body),
    environments: ({ params }, caller) => releases.environments(caller, params.pipeline),
    promote: ({ params, body }, caller) => releases.promote(caller, params, body),
    putCandidate: async ({ params, body }, caller) => ({
      version: await releases.putCandidate(caller, params.pipeline, body),
    }),
    keys: async (_, caller) => ({ items: await releases.keys(caller) }),
    trust: ({ body }, caller) => releases.trust(caller, body),
  })
}
