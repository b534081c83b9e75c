import { projects as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Projects } from './service.ts'

export function projectsRoutes(app: FastifyInstance, projects: Projects): void {
  mount(app, endpoints, {
    me: async (_request, caller) => projects.me(caller),
    listUsers: async (_request, caller) => ({ items: await projects.listUsers(caller) }),
    createUser: ({ body }, caller) => projects.createUser(caller, body),
    setRoles: ({ params, body }, caller) => projects.setRoles(caller, params.user, body.roles),
    listTokens: async ({ params }, caller) => ({ items: await projects.listTokens(caller, params.user) }),
    createToken: ({ params, body }, caller) => projects.createToken(caller, params.user, body),
    deleteToken: ({ params }, caller) => projects.deleteToken(caller, params.user, params.token),
  })
}
