import { modelImports as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { Drafts } from './drafts.ts'

export function modelImportsRoutes(app: FastifyInstance, drafts: Drafts): void {
  mount(app, endpoints, {
    list: async (_, caller) => ({ items: await drafts.list(caller) }),
    create: ({ body }, caller) => drafts.create(caller, body.model),
    get: ({ params }, caller) => drafts.get(caller, params.draft),
    setSource: ({ params, body }, caller) => drafts.setSource(caller, params.draft, body),
    try: ({ params, body }, caller) => drafts.try(caller, params.draft, body),
    setReference: ({ params, body }, caller) => drafts.setReference(caller, params.draft, body.source),
    setDetails: ({ params, body }, caller) => drafts.setDetails(caller, params.draft, body),
    register: ({ params }, caller) => drafts.register(caller, params.draft),
    discard: ({ params }, caller) => drafts.discard(caller, params.draft),
  })
}
