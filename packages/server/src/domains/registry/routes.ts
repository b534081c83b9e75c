import { modelFiles, registry as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Registry } from './service.ts'

export function registryRoutes(app: FastifyInstance, registry: Registry): void {
  mount(app, endpoints, {
    listModels: async (_, { projectId }) => ({ items: await registry.listModels(projectId) }),
    getModel: ({ params }, { projectId }) => registry.getModel(projectId, params.model),
    listVersions: ({ params, query }, { projectId }) => registry.listVersions(projectId, params.model, query),
    listAliasMoves: ({ params, query }, { projectId }) => registry.listAliasMoves(projectId, params.model, query),
    listStageMoves: ({ params, query }, { projectId }) => registry.listStageMoves(projectId, params.model, query),
    getVersion: ({ params }, { projectId }) => registry.version(projectId, params.model, params.version),
    register: ({ params, body }, caller) => registry.register(caller, params.model, body),
    convert: ({ body }) => registry.convert(body),
    overrideGate: ({ params, body }, caller) => registry.overrideGate(caller, params, body.reason),
    setAlias: ({ params, body }, caller) => registry.setAlias(caller, { ...params, ...body }),
  })
  mount(app, modelFiles, {
    download: ({ params }, { projectId }) => registry.download(projectId, params),
    snippets: ({ params }, { projectId }) => registry.snippets(projectId, params),
  })
}
