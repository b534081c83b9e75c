import { triggers as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { mount } from '../../../platform/http.ts'
import { parseRequest } from '../../../platform/http/parse.ts'
import type { Triggers } from './service.ts'

const { receive, ...mounted } = endpoints

export function triggersRoutes(app: FastifyInstance, triggers: Triggers): void {
  mount(app, mounted, {
    list: (_, caller) => triggers.list(caller),
    listFirings: ({ query }, caller) => triggers.listFirings(caller, query),
    pauseAll: ({ body }, caller) => triggers.pauseAll(caller, body.why),
    resumeAll: ({ body }, caller) => triggers.resumeAll(caller, body.why),
    pause: ({ params, body }, caller) => triggers.pause(caller, params, body.why),
    resume: ({ params, body }, caller) => triggers.resume(caller, params, body.why),
    remove: ({ params }, caller) => triggers.remove(caller, params),
    test: ({ params }, caller) => triggers.test(caller, params),
  })
  void app.register(async (scope) => hookRoute(scope, triggers))
}

/** Not mounted like the others, because its headers count and its signature is over the bytes as they came. */
function hookRoute(scope: FastifyInstance, triggers: Triggers): void {
  const { limitBytes } = receive.upload
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  scope.route({
    method: receive.method,
    url: receive.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: limitBytes,
    onRequest: async (request) => {
      request.caller = await scope.admit(request, receive.access)
    },
    handler: async (request, reply) => {
      const { params } = parseRequest(receive, request) as { params: z.output<typeof receive.params> }
      const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
      const firing = await triggers.receive(params, { headers: request.headers, body })
      return reply.status(receive.success.status).send({ firing })
    },
  })
}
