import { datasets as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Datasets } from './service.ts'

export function datasetsRoutes(app: FastifyInstance, datasets: Datasets): void {
  mount(app, endpoints, {
    list: async (_request, caller) => ({ items: await datasets.list(caller) }),
    putContract: ({ params, body }, caller) => datasets.putContract(caller, params.dataset, body),
    getContract: ({ params }, caller) => datasets.getContract(caller, params.dataset),
    addVersion: ({ params, fields, file }, caller) => datasets.addVersion(caller, params.dataset, file.stream, fields),
    listVersions: ({ params, query }, caller) => datasets.listVersions(caller, params.dataset, query),
    getVersion: ({ params }, caller) => datasets.getVersion(caller, params.dataset, params.version),
    getProfile: ({ params }, caller) => datasets.getProfile(caller, params.dataset, params.version),
  })
}
