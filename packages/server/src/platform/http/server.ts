import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { Admit, Caller } from '../auth.ts'
import { DomainError, failPlatform } from '../errors.ts'
import type { Log } from '../logging.ts'
import { createHostCheck } from './hosts.ts'
import { takeJson } from './json-body.ts'
import { answerError, jsonLimitBytes } from './problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly admit: Admit
    /** Ends each open event stream. */
    readonly streams: Set<() => void>
    /** Requests refused for their host or origin since the start. */
    readonly refusals: { count: number }
  }
  interface FastifyRequest {
    caller: Caller
  }
}

export interface HttpOptions {
  readonly log: Log
  readonly admit: Admit
  /** Host names beside the loopback ones, without ports. */
  readonly allowedHosts: readonly string[]
}

/** The HTTP server without a single route: host check, request ids, problem answers, an end for streams. */
export function createHttp({ log, admit, allowedHosts }: HttpOptions): FastifyInstance {
  const logger: FastifyBaseLogger = log
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: jsonLimitBytes,
    routerOptions: { maxParamLength: 1024 },
    genReqId: () => `req_${randomUUID().replaceAll('-', '')}`,
    // Idle connections end at once; the ones at work get their answer.
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  })
  app.decorate('admit', admit)
  // Each request gets its own in `mount`; Fastify wants no object shared between requests here.
  app.decorateRequest('caller', null as never)
  app.decorate('streams', new Set<() => void>())
  app.decorate('refusals', { count: 0 })
  app.addHook('preClose', async () => app.streams.forEach((end) => end()))
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply))
  app.setNotFoundHandler(({ method, url }) => {
    throw failPlatform('http.not_found', { method, path: url.split('?')[0]! })
  })
  takeJson(app)
  checkHosts(app, allowedHosts)
  return app
}

function checkHosts(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const check = createHostCheck(allowedHosts)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    try {
      check(request)
    } catch (error) {
      app.refusals.count++
      if (error instanceof DomainError) request.log.warn({ details: error.details, fix: error.fix }, error.message)
      throw error
    }
  })
}
