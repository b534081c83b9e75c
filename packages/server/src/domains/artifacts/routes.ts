import { artifacts as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Artifacts } from './service.ts'

export function artifactsRoutes(app: FastifyInstance, artifacts: Artifacts): void {
  const { files } = artifacts
  mount(app, endpoints, {
    upload: ({ file, query }) => artifacts.store(file, query.digest),
    uploadForm: async ({ file, fields }) => ({
      ...(await artifacts.store(file.stream, fields.digest)),
      fileName: file.fileName,
    }),
    download: ({ params }) => artifacts.read(params.digest),
    listFiles: ({ query: { folder, ...page } }, caller) => files.list(caller, folder, page),
    putFile: ({ file, query }, caller) => files.put(caller, query.path, file),
    readFile: ({ query }, caller) => files.read(caller, query.path),
    deleteFiles: ({ query }, caller) => files.delete(caller, query.path),
  })
}
