import { defineEndpoints } from '@evenkeel/contract'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createClient } from './client.ts'
import { ApiError, ConnectionError } from './errors.ts'

const shelves = defineEndpoints({
  get: {
    method: 'GET',
    path: '/shelves/{shelf}',
    summary: 'Read a shelf.',
    access: 'shelves:read',
    params: z.object({ shelf: z.string() }),
    query: z.object({ tag: z.union([z.string(), z.array(z.string())]).optional(), deep: z.boolean().optional() }),
    success: { status: 200, body: z.object({ url: z.string(), token: z.string() }) },
    errors: [],
  },
  list: {
    method: 'GET',
    path: '/list',
    summary: 'List the shelves.',
    access: 'shelves:read',
    success: { status: 200, body: z.object({ items: z.array(z.string()) }) },
    errors: [],
  },
  news: {
    method: 'GET',
    path: '/news',
    summary: 'Follow the shelves.',
    access: 'shelves:read',
    success: { status: 200, events: z.object({ n: z.int() }) },
    errors: [],
  },
})

const problem = {
  type: '/docs/errors/shelves.full',
  title: 'The shelf is full.',
  status: 409,
  detail: 'It holds 7 planks.',
  code: 'shelves.full',
  fix: 'Take one off.',
  requestId: 'req_1',
  details: { planks: 7 },
}

/** What `/news` does next, one entry per connection. */
let newsScript: ((request: IncomingMessage, response: ServerResponse) => void)[] = []

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/list': (_request, response) => void response.writeHead(200).write('{"items":["cut', () => response.destroy()),
  '/shelves/full': (_request, response) => void response.writeHead(409).end(JSON.stringify(problem)),
  '/shelves/wrong': (_request, response) => void response.writeHead(200).end('{"url":7}'),
  '/shelves/slow': () => {},
  '/news': (request, response) => newsScript.shift()!(request, response),
}

let server: Server
let baseUrl: string
beforeAll(async () => {
  server = createServer((request, response) => {
    const handle = routes[request.url!.split('?')[0]!]
    if (handle) return handle(request, response)
    return response.writeHead(200).end(JSON.stringify({ url: request.url, token: request.headers.authorization ?? '' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const client = () => createClient(shelves, { baseUrl, token: 'abc' })

describe('a call', () => {
  it('writes the path, the query and the token', async () => {
    const { url, token } = await client().get({ params: { shelf: 'a/b ä' }, query: { tag: ['x', 'y z'], deep: false } })

    expect(url).toBe('/shelves/a%2Fb%20%C3%A4?tag=x&tag=y+z&deep=false')
    expect(token).toBe('Bearer abc')
  })

  it('leaves out what is not there, and bears a base path', async () => {
    const request = { params: { shelf: 'a' }, query: { tag: undefined } }

    expect(await createClient(shelves, { baseUrl: `${baseUrl}/proxy/` }).get(request)).toEqual({
      url: '/proxy/shelves/a',
      token: '',
    })
  })

  it('throws what the server says', async () => {
    const error = await client()
      .get({ params: { shelf: 'full' }, query: {} })
      .catch((caught: unknown) => caught)

    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      message: 'The shelf is full.',
      status: 409,
      code: 'shelves.full',
      why: 'It holds 7 planks.',
      fix: 'Take one off.',
      requestId: 'req_1',
      details: { planks: 7 },
    })
  })

  it('throws when nobody answers, and when the answer breaks off', async () => {
    const nobody = createClient(shelves, { baseUrl: 'http://127.0.0.1:1' })

    await expect(nobody.list()).rejects.toBeInstanceOf(ConnectionError)
    await expect(nobody.list()).rejects.toThrow('http://127.0.0.1:1 does not answer')
    await expect(client().list()).rejects.toBeInstanceOf(ConnectionError)
  })

  it('does not pass on an answer of another shape', async () => {
    await expect(client().get({ params: { shelf: 'wrong' }, query: {} })).rejects.toThrow('string')
  })

  it('can be given up', async () => {
    const call = client().get({ params: { shelf: 'slow' }, query: {} }, { signal: AbortSignal.timeout(50) })

    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

const open = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })

describe('a stream', () => {
  it('resumes after the last event over broken connections and refusals that pass', async () => {
    const asked: (string | string[] | undefined)[] = []
    newsScript = [
      (_request, response) =>
        open(response).write('id: 1\ndata: {"n":1}\n\nid: 2\ndata: {"n":2}\n\nid: 3\nda', () => response.destroy()),
      (_request, response) => void response.writeHead(503).end('{}'),
      (_request, response) => void response.destroy(),
      (request, response) => {
        asked.push(request.headers['last-event-id'])
        open(response).end(': quiet\n\nid: 3\ndata: {"n":3}\n\n')
      },
      (request, response) => {
        asked.push(request.headers['last-event-id'])
        open(response).write('data: {"n":4}\n\n')
      },
    ]
    const attempts: number[] = []
    const seen: unknown[] = []

    for await (const { id, data } of client().news({}, { onReconnect: (attempt) => attempts.push(attempt) })) {
      seen.push([id, data.n])
      if (data.n === 4) break
    }

    expect(seen).toEqual([
      ['1', 1],
      ['2', 2],
      ['3', 3],
      [undefined, 4],
    ])
    expect(asked).toEqual(['2', '3'])
    expect(attempts).toEqual([1, 2, 3, 1])
  })

  it('starts where it is told to', async () => {
    let asked: unknown
    newsScript = [
      (request, response) => {
        asked = request.headers['last-event-id']
        open(response).write('data: {"n":1}\n\n')
      },
    ]

    await client().news({}, { lastEventId: '41' }).next()

    expect(asked).toBe('41')
  })

  it('ends with its signal, also while it waits to reconnect', async () => {
    const controller = new AbortController()
    newsScript = [(_request, response) => void response.destroy()]
    const stream = client().news({}, { signal: controller.signal, onReconnect: () => controller.abort() })

    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('gives up when the server refuses for good', async () => {
    newsScript = [(_request, response) => void response.writeHead(403).end(JSON.stringify({ ...problem, status: 403 }))]

    await expect(client().news().next()).rejects.toMatchObject({ status: 403 })
  })

  it('closes the connection when its reader stops', async () => {
    let closed: Promise<string> | undefined
    newsScript = [
      (request, response) => {
        closed = new Promise((settle) => request.socket.once('close', () => settle('closed')))
        open(response).write('data: {"n":1}\n\n')
      },
    ]

    for await (const { data } of client().news()) if (data.n === 1) break

    expect(await closed).toBe('closed')
  })
})

it('is free of Node, so that browsers can load it', async () => {
  const { globSync, createReadStream } = await import('node:fs')
  const sources = globSync(`${import.meta.dirname}/*.ts`).filter((file) => !file.endsWith('.test.ts'))

  const texts = await Promise.all(sources.map((file) => text(createReadStream(file))))

  expect(sources.length).toBeGreaterThan(5)
  expect(texts.filter((source) => /from 'node:/.test(source))).toEqual([])
})
