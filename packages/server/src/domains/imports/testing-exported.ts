import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { onTestFinished } from 'vitest'

/** What becomes of a request on its way: it arrives, its answer gets lost, or nobody there knows the route. */
type Fate = 'answered' | 'unanswered' | 'unknown'

/** Stands between an export and its target. `decide` is asked once per request that the target has heard. @returns its address */
export async function startBetween(target: string, decide: (method: string, path: string) => Fate): Promise<string> {
  // Who is killed while it sends leaves half a request, which ends like one that gets no answer.
  const server = createServer((request, response) => void forward(request, response).catch(() => response.destroy()))
  async function forward(request: IncomingMessage, response: ServerResponse) {
    const fate = decide(request.method!, request.url!)
    if (fate === 'unknown') return response.writeHead(404).end()
    const answer = await fetch(`${target}${request.url}`, initOf(request))
    const body = Buffer.from(await answer.arrayBuffer())
    if (fate === 'unanswered') return response.destroy()
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(body)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function initOf(request: IncomingMessage): RequestInit {
  const type = request.headers['content-type']
  const init = { method: request.method!, headers: type === undefined ? {} : { 'content-type': type } }
  if (request.method === 'GET') return init
  const body = Readable.toWeb(request) as ReadableStream<Uint8Array>
  return { ...init, body, duplex: 'half' } as RequestInit
}

/** What a target makes up by itself. */
const itsOwn = new Set([
  'creation_timestamp',
  'creation_timestamp_ms',
  'last_updated_timestamp',
  'last_updated_timestamp_ms',
])

/** What an export made, under the ids and without the marks that it wrote, to be compared with where it came from. */
export function asItWas(everything: object): unknown {
  const ids = new Map<string, string>()
  JSON.stringify(everything, (_key, value: unknown) => {
    if (!isRecord(value)) return value
    const info = isRecord(value['info']) ? value['info'] : {}
    const data = isRecord(value['data']) ? value['data'] : {}
    note(ids, info['run_id'], data['tags'], 'evenkeel.run_id')
    note(ids, info['model_id'], info['tags'], 'evenkeel.model_id')
    return value
  })
  const text = JSON.stringify(everything, withoutTraces)
  return JSON.parse([...ids].reduce((all, [id, was]) => all.replaceAll(id, was), text))
}

type Tags = readonly { readonly key: string; readonly value: string }[]

function note(ids: Map<string, string>, id: unknown, tags: unknown, mark: string): void {
  const was = (tags as Tags | undefined)?.find(({ key }) => key === mark)?.value
  if (typeof id === 'string' && was !== undefined) ids.set(id, was)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function withoutTraces(this: unknown, key: string, value: unknown): unknown {
  if (itsOwn.has(key)) return undefined
  // The user of a run is exported; a version belongs to whoever made it there.
  if (key === 'user_id' && isRecord(this) && 'version' in this) return undefined
  if (Array.isArray(value)) {
    return value.filter((item) => !(isRecord(item) && String(item['key']).startsWith('evenkeel.') && 'value' in item))
  }
  return value
}
