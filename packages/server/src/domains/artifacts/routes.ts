import { artifacts as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
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
    putFile: async ({ file, query }, caller) => {
      refuseStep(caller)
      return files.put(caller, query.path, file)
    },
    readFile: ({ query }, caller) => files.read(caller, query.path),
    deleteFiles: async ({ query }, caller) => {
      refuseStep(caller)
      return files.delete(caller, query.path)
    },
  })
}

/** Its own files have no names but those of its runs, which it writes as MLflow's client does. @throws DomainError `auth.not_allowed` */
function refuseStep({ kind, roles }: Caller): void {
  if (kind !== 'step') return
  const why = 'A step writes the files of its own runs, with an MLflow client, and names no others.'
  throw failPlatform('auth.not_allowed', { access: 'artifacts:write', roles: [...roles] }, { why })
}
