import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { toOpenApi } from './openapi.ts'
import { platform } from './platform.ts'

const Shelf = z.object({ name: z.string(), size: z.int().default(3) }).meta({ id: 'Shelf' })

const errors = defineErrors({
  'shelves.full': { status: 409, message: 'The shelf is full.', fix: 'Take something off.', details: z.object({}) },
})

const shelves = defineEndpoints({
  put: {
    method: 'PUT',
    path: '/shelves/{shelf}',
    summary: 'Put up a shelf.',
    access: 'shelves:write',
    params: z.object({ shelf: z.string() }),
    query: z.object({ limit: z.coerce.number<number>().int().default(50) }),
    body: Shelf,
    success: { status: 201, body: z.object({ items: z.array(Shelf) }) },
    errors: ['shelves.full'],
  },
  follow: {
    method: 'GET',
    path: '/shelves/{shelf}/news',
    summary: 'Follow a shelf.',
    access: 'shelves:read',
    params: z.object({ shelf: z.string() }),
    success: { status: 200, events: Shelf },
    errors: [],
  },
  photo: {
    method: 'GET',
    path: '/shelves/{shelf}/photo',
    summary: 'See a shelf.',
    access: 'public',
    params: z.object({ shelf: z.string() }),
    success: { status: 200, mediaType: 'image/png' },
    errors: [],
  },
  uploadPhoto: {
    method: 'POST',
    path: '/shelves/{shelf}/photo',
    summary: 'Show a shelf.',
    access: 'shelves:write',
    params: z.object({ shelf: z.string() }),
    upload: { kind: 'multipart', limitBytes: 10, fields: z.object({ title: z.string() }) },
    success: { status: 200, body: Shelf },
    errors: [],
  },
  restore: {
    method: 'POST',
    path: '/shelves',
    summary: 'Restore all shelves.',
    access: 'shelves:admin',
    upload: { kind: 'bytes', limitBytes: 10 },
    success: { status: 202, body: z.object({}) },
    errors: [],
  },
})

const { paths, components } = toOpenApi({ shelves }, { title: 'Evenkeel', version: '1' }, [errors])
const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }

describe('OpenAPI', () => {
  it('describes an operation with its parameters, and what goes in apart from what comes out', () => {
    expect(paths['/shelves/{shelf}']?.['put']).toMatchObject({
      operationId: 'shelves.put',
      parameters: [
        { name: 'shelf', in: 'path', required: true },
        { name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: 50 } },
      ],
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ShelfInput' } } } },
      responses: {
        201: {
          content: {
            'application/json': {
              schema: { properties: { items: { items: { $ref: '#/components/schemas/Shelf' } } } },
            },
          },
        },
      },
      'x-access': 'shelves:write',
      'x-error-codes': ['shelves.full'],
    })
    expect(components.schemas).toMatchObject({
      Shelf: { required: ['name', 'size'] },
      ShelfInput: { required: ['name'] },
    })
  })

  it('says for each status which codes come with it, and what to do then', () => {
    expect(paths['/shelves/{shelf}']?.['put']).toMatchObject({
      responses: {
        400: { content: problem },
        401: { content: problem },
        403: { content: problem },
        409: { description: '`shelves.full`: The shelf is full. Take something off.', content: problem },
        413: { content: problem },
        503: { content: problem },
      },
    })
  })

  it('describes a stream of events and how to resume it', () => {
    expect(paths['/shelves/{shelf}/news']?.['get']).toMatchObject({
      parameters: [{ name: 'shelf' }, { name: 'Last-Event-ID', in: 'header' }, { name: 'lastEventId', in: 'query' }],
      responses: { 200: { content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/Shelf' } } } } },
    })
  })

  it('describes a download with its ranges, open to all', () => {
    expect(paths['/shelves/{shelf}/photo']?.['get']).toMatchObject({
      security: [],
      parameters: [{ name: 'shelf' }, { name: 'Range' }, { name: 'If-None-Match' }, { name: 'If-Range' }],
      responses: {
        200: { content: { 'image/png': { schema: { format: 'binary' } } } },
        206: { content: { 'image/png': {} } },
        304: {},
        416: { content: problem },
      },
    })
  })

  it('describes both kinds of upload', () => {
    expect(paths['/shelves/{shelf}/photo']?.['post']).toMatchObject({
      requestBody: {
        content: {
          'multipart/form-data': {
            schema: {
              allOf: [{ properties: { title: { type: 'string' } } }, { properties: { file: { format: 'binary' } } }],
            },
          },
        },
      },
    })
    expect(paths['/shelves']?.['post']).toMatchObject({
      requestBody: { content: { 'application/octet-stream': { schema: { format: 'binary' } } } },
    })
  })

  it('points at nothing that is not there', () => {
    const document = JSON.stringify(toOpenApi({ platform, shelves }, { title: 'Evenkeel', version: '1' }, [errors]))

    const references = [...document.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, id]) => id)

    expect(references.length).toBeGreaterThan(5)
    expect(document).not.toContain('$defs')
    for (const id of references) expect(document).toContain(`"${id}":{`)
  })

  it('refuses a code that is in no catalogue', () => {
    expect(() => toOpenApi({ shelves }, { title: 'Evenkeel', version: '1' })).toThrow('shelves.full')
  })
})
