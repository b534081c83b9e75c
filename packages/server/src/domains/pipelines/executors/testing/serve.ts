import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  /** `GET /path`, without the query. */
  readonly route: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Reply {
  readonly status: number
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

/** Serves the pretended API of a platform, on a socket or on a free port of loopback. */
export async function serveApi(answer: (asked: Asked) => Reply | Promise<Reply>, socket?: string) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url!, 'http://platform')
      const text = Buffer.concat(chunks).toString()
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      const route = `${request.method} ${decodeURIComponent(url.pathname)}`
      void Promise.resolve(answer({ route, query: url.searchParams, headers: request.headers, body }))
        .catch((error: unknown) => ({ status: 500, body: String(error) }))
        .then((reply) => {
          response.writeHead(reply.status)
          response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body))
        })
    })
  })
  if (socket === undefined) server.listen(0, '127.0.0.1')
  else server.listen(socket)
  await once(server, 'listening')
  const url = socket === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${socket}`
  return {
    url,
    async close(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
