import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import {
  deployments,
  type Endpoint,
  governance,
  loop,
  modelCards,
  modelFiles,
  modelPeople,
  monitoring,
  projects,
  registry,
  reproductions,
} from '../../packages/contract/src/index.ts'
import { z } from 'zod'
import { builtFolder } from './build.ts'
import { createAnswers, type World } from './fixture/answers.ts'
import { Refusal } from './fixture/refusal.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** What the real server sends with the console. */
const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; object-src 'none'"

const operations = Object.entries({
  deployments,
  governance,
  loop,
  modelCards,
  modelFiles,
  modelPeople,
  monitoring,
  projects,
  registry,
  reproductions,
}).flatMap(([group, endpoints]) =>
  Object.entries(endpoints as Record<string, Endpoint>).map(([name, endpoint]) => ({
    key: `${group}.${name}`,
    endpoint,
    pattern: patternOf(endpoint.path),
  })),
)

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
}

/**
 * Serves the built console and contract-valid answers of a small world, and sends news when told to.
 *
 * @param port - to listen on, while it is free; 0 for any
 */
export async function startFixture(world: World, port = Number(process.env['PORT'] ?? 0)) {
  const answers = createAnswers(world)
  const streams = new Set<ServerResponse>()
  const asked: string[] = []
  let broken = false

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error))
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    if (url.pathname === '/api/v1/events') return follow(response)
    if (!url.pathname.startsWith('/api/')) return sendFile(url.pathname, response)
    asked.push(`${request.method} ${url.pathname}`)
    const found = operations.find(
      ({ endpoint, pattern }) => endpoint.method === request.method && pattern.test(url.pathname),
    )
    if (!found) return sendProblem(response, 404, 'http.not_found', 'There is nothing at this address.', url.pathname)
    const params = Object.fromEntries(
      Object.entries(found.pattern.exec(url.pathname)?.groups ?? {}).map(([name, value]) => [
        name,
        decodeURIComponent(value),
      ]),
    )
    const wanted = { ...Object.fromEntries(url.searchParams), ...params }
    const reply = answers.reply(found.key, wanted, await bodyOf(request))
    if (reply === undefined)
      return sendProblem(
        response,
        404,
        `${found.key.split('.')[0]}.not_found`,
        'No such thing in this world.',
        url.pathname,
      )
    if (reply instanceof Refusal)
      return sendProblem(response, 409, reply.code, reply.title, url.pathname, reply.details)
    const { success } = found.endpoint
    if (!('body' in success)) throw new Error(`${found.key} does not answer with JSON`)
    response
      .writeHead(success.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(z.parse(success.body, reply)))
  }

  function follow(response: ServerResponse): void {
    if (broken) return void response.writeHead(503).end()
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }).write(': hello\n\n')
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  await listen(server, port).catch(() => listen(server, 0))
  const { port: used } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${used}`,
    port: used,
    answers,
    /** Requests to the API so far, as `GET /api/v1/loop`. */
    asked,
    streamCount: () => streams.size,
    tell(topic: string, id: string) {
      for (const stream of streams)
        stream.write(`id: ${asked.length}\ndata: ${JSON.stringify({ topic, id, version: asked.length })}\n\n`)
    },
    /** Ends every stream, and answers new ones with an error from now on. */
    breakStreams() {
      broken = true
      for (const stream of streams) stream.destroy()
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Fixture = Awaited<ReturnType<typeof startFixture>>

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const file = extname(path) ? join(builtFolder, normalize(path)) : join(builtFolder, 'index.html')
  const content = await readFile(file).catch(() => undefined)
  if (!content) return void response.writeHead(404).end()
  response
    .writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      // Names with a digest in them, which the real server has browsers keep as well.
      ...(path.startsWith('/assets/') && { 'cache-control': 'public, max-age=31536000, immutable' }),
    })
    .end(content)
}

function sendProblem(
  response: ServerResponse,
  status: number,
  code: string,
  title: string,
  path: string,
  details: unknown = {},
): void {
  const problem = {
    type: `/docs/errors/${code}`,
    title,
    status,
    detail: `${path} was asked for.`,
    code,
    fix: 'Go back to the loop and follow a link.',
    requestId: 'req-fixture',
    details,
  }
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
}
