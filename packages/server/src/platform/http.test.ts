import { ApiError, createClient } from '@evenkeel/client'
import { defineEndpoints, defineErrors } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startWorld, type World } from '../testing.ts'
import { failures } from './errors.ts'
import { mount, type Wire } from './http.ts'

const errors = defineErrors({
  'shelves.not_found': {
    status: 404,
    message: 'No such shelf.',
    fix: 'List the shelves.',
    details: z.object({ shelf: z.string() }),
  },
})
const fail = failures(errors)

const one = z.object({ shelf: z.string() })
const shelves = defineEndpoints({
  get: {
    method: 'GET',
    path: '/test/shelves/{shelf}',
    summary: 'Read a shelf.',
    access: 'registry:read',
    params: one,
    success: { status: 200, body: z.object({ shelf: z.string(), by: z.string() }) },
    errors: ['shelves.not_found'],
  },
  put: {
    method: 'PUT',
    path: '/test/shelves/{shelf}',
    summary: 'Put up a shelf.',
    access: 'registry:write',
    params: one,
    query: z.object({ width: z.coerce.number<number>().int().default(80) }),
    body: z.object({ planks: z.int().max(10), note: z.string().default('') }),
    bodyLimitBytes: 1000,
    success: { status: 201, body: z.object({ planks: z.int(), width: z.int() }) },
    errors: [],
  },
  break: {
    method: 'POST',
    path: '/test/break',
    summary: 'Fail by a bug.',
    access: 'registry:write',
    success: { status: 200, body: z.object({}) },
    errors: [],
  },
  photo: {
    method: 'GET',
    path: '/test/photo',
    summary: 'See the shelves.',
    access: 'registry:read',
    success: { status: 200, mediaType: 'image/png' },
    errors: [],
  },
  fill: {
    method: 'PUT',
    path: '/test/fill',
    summary: 'Take bytes.',
    access: 'registry:write',
    upload: { kind: 'bytes', limitBytes: 1_000_000 },
    success: { status: 200, body: z.object({ digest: z.string() }) },
    errors: [],
  },
  form: {
    method: 'POST',
    path: '/test/form',
    summary: 'Take a form.',
    access: 'registry:write',
    upload: { kind: 'multipart', limitBytes: 1000, fields: z.object({ title: z.string().max(20) }) },
    success: { status: 200, body: z.object({ title: z.string(), fileName: z.string(), text: z.string() }) },
    errors: [],
  },
})

const foreign = defineEndpoints({
  get: { ...shelves.get, path: '/foreign/shelves/{shelf}' },
})
const wire: Wire = { renderError: ({ status, code }) => ({ status, body: { error_code: code.toUpperCase() } }) }

const photo = Buffer.from(Array.from({ length: 256 }, (_, index) => index))

function readShelf(shelf: string, by: string) {
  if (shelf === 'none') throw fail('shelves.not_found', { shelf }, { why: `The shelf "${shelf}" fell down.` })
  return { shelf, by }
}

let world: World
beforeAll(async () => {
  world = await startWorld({
    domains: () => [
      {
        routes: (app) => {
          mount(app, shelves, {
            get: async ({ params }, caller) => readShelf(params.shelf, caller.userName),
            put: async ({ body, query }) => ({ planks: body.planks, width: query.width }),
            break: async () => {
              throw new Error('password=hunter2 is what broke')
            },
            photo: async () => ({
              sizeBytes: photo.length,
              digest: 'sha256:abc',
              fileName: 'Regal "ä".png',
              open: (range) => Readable.from([range ? photo.subarray(range.start, range.end + 1) : photo]),
            }),
            fill: async ({ file }) => ({
              digest: createHash('sha256')
                .update(await buffer(file))
                .digest('hex'),
            }),
            form: async ({ fields, file }) => ({
              title: fields.title,
              fileName: file.fileName,
              text: (await buffer(file.stream)).toString(),
            }),
          })
          mount(app, foreign, { get: async ({ params }) => readShelf(params.shelf, 'foreign') }, { wire })
        },
      },
    ],
    environment: { EVENKEEL_LOG_LEVEL: 'silent' },
  })
})
afterAll(() => world.stop())

const client = () => createClient(shelves, world.clientOptions())
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${world.url}${path}`, { headers })
const put = (body: string) =>
  fetch(`${world.url}/test/shelves/a`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })

describe('answers', () => {
  it('parses what comes in, with defaults, and answers with the status of the contract', async () => {
    const response = await put('{"planks":3}')

    expect(response.status).toBe(201)
    expect(await response.json()).toEqual({ planks: 3, width: 80 })
  })

  it('names each mistake of a request', async () => {
    const refusal = client().put({ params: { shelf: 'a' }, query: { width: 1.5 }, body: { planks: 11 } })

    await expect(refusal).rejects.toMatchObject({
      status: 400,
      code: 'http.invalid_request',
      details: { issues: [{ path: 'query.width' }] },
    })
  })

  it.each([
    ['NUL', String.raw`{"planks":3,"note":"a\u0000b"}`, 'body.note'],
    ['half of a surrogate pair', String.raw`{"planks":3,"note":"\uD83d"}`, 'body.note'],
    ['such a name', String.raw`{"planks":3,"a\u0000b":1}`, 'body'],
  ])('refuses %s in a body, which no database could keep, and says where it is', async (_, body, path) => {
    const response = await put(body)

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ details: { issues: [{ path }] } })
  })

  it('refuses NUL in a path, and takes any other character', async () => {
    const nul = await get('/test/shelves/a%00b')
    const others = await put(String.raw`{"planks":3,"note":"\u00e4 \ud83d\ude00 \\u0000"}`)

    expect(nul.status).toBe(400)
    expect(others.status).toBe(201)
  })

  it('answers a failure with what, why and what to do, under the id of the request', async () => {
    const response = await get('/test/shelves/none')

    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toEqual({
      type: '/docs/errors/shelves.not_found',
      title: 'No such shelf.',
      status: 404,
      detail: 'The shelf "none" fell down.',
      code: 'shelves.not_found',
      fix: 'List the shelves.',
      requestId: response.headers.get('x-request-id'),
      details: { shelf: 'none' },
    })
  })

  it('tells nothing about a bug but where to find it in the log', async () => {
    const response = await fetch(`${world.url}/test/break`, { method: 'POST' })

    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).toContain('req_')
    expect(text).not.toContain('hunter2')
  })

  it.each([
    { what: 'broken JSON', body: '{"planks":', type: 'application/json', status: 400 },
    { what: 'a body of another kind', body: 'planks=3', type: 'application/x-www-form-urlencoded', status: 400 },
    { what: 'more than the operation takes', body: JSON.stringify({ note: 'x'.repeat(1000) }), status: 413 },
  ])('refuses $what', async ({ body, type = 'application/json', status }) => {
    const init = { method: 'PUT', headers: { 'content-type': type }, body }

    const response = await fetch(`${world.url}/test/shelves/a`, init)

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({
      status,
      code: expect.stringMatching(/^http\./),
      details: status === 413 ? { limitBytes: 1000 } : {},
    })
  })

  it('answers an unknown path like any other problem', async () => {
    const response = await get('/api/v1/no-such-thing?x=1')

    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      code: 'http.not_found',
      details: { method: 'GET', path: '/api/v1/no-such-thing' },
    })
  })

  it('answers a path that is none like any other problem', async () => {
    const response = await get('/%ZZ')

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'http.invalid_request' })
  })

  it('keeps the error shape of a foreign protocol', async () => {
    const response = await get('/foreign/shelves/none')

    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ error_code: 'SHELVES.NOT_FOUND' })
  })
})

describe('downloads', () => {
  it.each([
    { range: undefined, status: 200, bytes: [0, 256], header: null },
    { range: 'bytes=10-19', status: 206, bytes: [10, 20], header: 'bytes 10-19/256' },
    { range: 'bytes=250-', status: 206, bytes: [250, 256], header: 'bytes 250-255/256' },
    { range: 'bytes=-6', status: 206, bytes: [250, 256], header: 'bytes 250-255/256' },
    { range: 'bytes=250-9999', status: 206, bytes: [250, 256], header: 'bytes 250-255/256' },
    { range: 'bytes=-9999', status: 206, bytes: [0, 256], header: 'bytes 0-255/256' },
    { range: 'bytes=1-2,5-6', status: 200, bytes: [0, 256], header: null },
    { range: 'lines=1-2', status: 200, bytes: [0, 256], header: null },
    { range: 'bytes=20-10', status: 200, bytes: [0, 256], header: null },
  ])('answers $range with exactly these bytes', async ({ range, status, bytes, header }) => {
    const response = await get('/test/photo', range === undefined ? {} : { range })

    expect(response.status).toBe(status)
    expect(response.headers.get('content-range')).toBe(header)
    expect(Buffer.from(await response.arrayBuffer())).toEqual(photo.subarray(...bytes))
  })

  it.each(['bytes=256-', 'bytes=-0'])('refuses %s, which lies outside', async (range) => {
    const response = await get('/test/photo', { range })

    expect(response.status).toBe(416)
    expect(await response.json()).toMatchObject({ details: { sizeBytes: 256 } })
  })

  it('sends nothing to who has it already, and all to who has another one', async () => {
    const same = await get('/test/photo', { 'if-none-match': 'W/"x", "sha256:abc"' })
    const other = await get('/test/photo', { range: 'bytes=0-1', 'if-range': '"sha256:old"' })

    expect([same.status, await same.text()]).toEqual([304, ''])
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, 256])
  })

  it('answers HEAD with the size alone', async () => {
    const response = await fetch(`${world.url}/test/photo`, { method: 'HEAD' })

    expect(response.headers.get('content-length')).toBe('256')
    expect(await response.text()).toBe('')
  })

  it('names the file for any browser, and lets nothing in it run', async () => {
    const { headers } = await get('/test/photo')

    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="Regal ___.png"; filename*=UTF-8''Regal%20%22%C3%A4%22.png`,
    )
    expect(headers.get('content-security-policy')).toContain('sandbox')
  })
})

describe('uploads', () => {
  it('takes bytes as they are, whatever their content type', async () => {
    const body = Buffer.from('{"not":"parsed"}')

    const response = await fetch(`${world.url}/test/fill`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body,
    })

    expect(await response.json()).toEqual({ digest: createHash('sha256').update(body).digest('hex') })
  })

  it('takes a stream of unknown length up to the limit, and not a byte more', async () => {
    const exact = await client().fill({ file: new Blob([new Uint8Array(1_000_000)]).stream() })
    const more = client().fill({ file: new Blob([new Uint8Array(1_000_001)]).stream() })

    expect(exact.digest).toHaveLength(64)
    await expect(more).rejects.toMatchObject({ status: 413, details: { limitBytes: 1_000_000 } })
  })

  it('refuses an announced length before the bytes come', async () => {
    await expect(client().fill({ file: new Uint8Array(3_000_000) })).rejects.toMatchObject({ status: 413 })
  })

  it('takes the fields and the file of a form', async () => {
    const file = new TextEncoder().encode('wood')

    const blob = await client().form({ fields: { title: 'Oak' }, file, fileName: 'oak.txt' })
    const stream = await client().form({ fields: { title: 'Oak' }, file: new Blob([file]).stream() })

    expect(blob).toEqual({ title: 'Oak', fileName: 'oak.txt', text: 'wood' })
    expect(stream).toEqual({ title: 'Oak', fileName: 'file', text: 'wood' })
  })

  it('takes a file of exactly the limit, and not a byte more', async () => {
    const exact = await client().form({ fields: { title: 'Oak' }, file: new Uint8Array(1000) })
    const more = client().form({ fields: { title: 'Oak' }, file: new Uint8Array(1001) })

    expect(exact.text).toHaveLength(1000)
    await expect(more).rejects.toMatchObject({ status: 413, code: 'http.too_large' })
  })

  it.each([
    { what: 'fields that do not fit', parts: [['title', 'x'.repeat(21)], ['file']], says: 'fields.title' },
    { what: 'a file before its fields', parts: [['file'], ['title', 'Oak']], says: 'fields.title' },
    { what: 'no file', parts: [['title', 'Oak']], says: 'no file named "file"' },
    { what: 'a file of another name', parts: [['title', 'Oak'], ['photo']], says: 'name it "file"' },
  ])('refuses a form with $what', async ({ parts, says }) => {
    const form = new FormData()
    for (const [name, value] of parts) form.append(name!, value ?? new Blob(['wood']))

    const response = await fetch(`${world.url}/test/form`, { method: 'POST', body: form })

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining(says) })
  })
})

/** `fetch` does not let anyone choose the host. */
function ask(options: { method?: string; headers: Record<string, string> }): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${world.url}/test/shelves/a`, options, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    outgoing.once('error', reject).end()
  })
}

describe('foreign hosts and pages', () => {
  it.each([
    { host: 'localhost:7070', status: 200 },
    { host: '127.0.0.1', status: 200 },
    { host: '[::1]:9', status: 200 },
    { host: 'LOCALHOST', status: 200 },
    { host: 'evil.example', status: 403 },
    { host: 'localhost.evil.example', status: 403 },
    { host: 'localhost@evil.example', status: 403 },
  ])('answers under $host with $status', async ({ host, status }) => {
    expect(await ask({ headers: { host } })).toBe(status)
  })

  it('lets no page of another site write', async () => {
    const write = (origin: string) =>
      ask({ method: 'PUT', headers: { origin, 'content-type': 'application/json', 'content-length': '0' } })

    // 400, because the body is missing: the check has let it pass.
    expect(await write('http://localhost:5173')).toBe(400)
    expect(await write('https://evil.example')).toBe(403)
    expect(await write('null')).toBe(403)
    expect(world.http.refusals.count).toBeGreaterThanOrEqual(2)
  })
})

it('tells the client what to do when something else answers', async () => {
  const other = createClient(shelves, {
    baseUrl: world.url,
    fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' }),
  })

  const error = await other.get({ params: { shelf: 'a' } }).catch((caught: unknown) => caught)

  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 502, code: 'http.unexpected_answer', why: '<h1>Bad gateway</h1>' })
})
