import { modelCards, modelFiles, modelPeople, registry as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Registry } from './service.ts'

export function registryRoutes(app: FastifyInstance, registry: Registry): void {
  mount(app, endpoints, {
    listModels: ({ query }, { projectId }) => registry.listModels(projectId, query),
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
    registerFolder: ({ params, body }, caller) => registry.registerFolder(caller, params.model, body),
    snippets: ({ params }, { projectId }) => registry.snippets(projectId, params),
  })
  mount(app, modelCards, {
    get: ({ params, query }, { projectId }) => registry.cards.get(projectId, params, query.revision),
    put: ({ params, body }, caller) => registry.cards.put(caller, params, body),
    listEdits: ({ params, query }, { projectId }) => registry.cards.listEdits(projectId, params, query),
    toolkit: ({ params }, { projectId }) => registry.cards.toolkit(projectId, params),
  })
  mount(app, modelPeople, {
    setOwners: ({ params, body }, caller) => registry.setOwners(caller, params.model, body.owners),
    listComments: ({ params, query }, caller) => registry.comments.list(caller, params, query),
    addComment: ({ params, body }, caller) => registry.comments.add(caller, params, body.text),
    editComment: ({ params, body }, caller) => registry.comments.edit(caller, params, body.text),
    deleteComment: ({ params }, caller) => registry.comments.delete(caller, params),
    history: ({ params, query }, { projectId }) => registry.history(projectId, params.model, query),
  })
}
