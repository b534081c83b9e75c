import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { badRequest, Refusal } from '../protocol/refusal.ts'
import { type App, answerRoute } from './answer.ts'
import { announcesTooMuch } from './body.ts'
import { errorReply, type Reply, send, sendAndHangUp } from './reply.ts'
import { matchRoute } from './routes.ts'

export interface HttpServer {
  readonly url: string
  /** Takes no more connections, and returns when the last answer has left, or after ten seconds. */
  stop(): Promise<void>
}

export interface HttpOptions {
  readonly host: string
  readonly port: number
  /** Callers must send it as a bearer token; undefined asks for none. */
  readonly token: string | undefined
}

/** Starts to answer. Plain `node:http`: its cost is a third of a small prediction as it is. */
export async function startHttp(app: App, options: HttpOptions): Promise<HttpServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(app, options.token, request, response).catch((error: unknown) => app.log.error({ err: error }, 'no answer'))
  }
  const server = createServer({ keepAliveTimeout: 75_000, noDelay: true }, listener)
  // A caller that waits for "100 Continue" need not send what would be refused.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!announcesTooMuch(request)) response.writeContinue()
    listener(request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return { url: urlOf(server, options.host), stop: () => stop(server) }
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const patienceMs = 10_000

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), patienceMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function handle(
  app: App,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let reply: Reply
  try {
    const route = routeOf(request, token)
    reply = await answerRoute(app, route, request)
  } catch (error) {
    // Nobody is left to be told, and a caller that hangs up is no fault of ours.
    if (request.socket.destroyed) return
    reply = failed(app.log, error)
  }
  // A connection that stays open would hold up the end of the process.
  if (app.stopping()) response.setHeader('connection', 'close')
  if (request.complete || reply.status < 400) return send(request, response, reply)
  sendAndHangUp(request, response, reply)
}

function routeOf(request: IncomingMessage, token: string | undefined) {
  const match = matchRoute(request.url ?? '/')
  if (match === 'malformed') throw badRequest('The path is not percent-encoded UTF-8.')
  if (!match) throw new Refusal(404, `There is nothing at ${request.url}; the models are listed at /v2/models.`)
  const { verb, route } = match
  if (request.method !== verb && !(verb === 'GET' && request.method === 'HEAD')) {
    throw new Refusal(405, `${request.method} is not possible here; use ${verb}.`, { allow: verb })
  }
  const isOpen = ['live', 'ready', 'healthz', 'readyz'].includes(route.kind)
  if (token !== undefined && !isOpen && !isSame(request.headers.authorization ?? '', `Bearer ${token}`)) {
    throw new Refusal(
      401,
      'This node asks for a token; send "Authorization: Bearer …" with its EVENKEEL_INFERENCE_TOKEN.',
    )
  }
  return route
}

/** Compares secrets in the same time wherever they differ. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(left!, right!)
}

function failed(log: Log, error: unknown): Reply {
  if (error instanceof Refusal) return errorReply(error.status, error.message, error.headers)
  log.error({ err: error }, 'a request failed')
  return errorReply(500, error instanceof Error ? error.message : String(error))
}
