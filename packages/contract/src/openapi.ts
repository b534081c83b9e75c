import { z } from 'zod'
import type { Endpoint, EndpointGroup, ErrorCatalogue, ErrorCode } from './endpoint.ts'
import { platformErrors, Problem } from './platform.ts'

type Json = Readonly<Record<string, unknown>>

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json }
  readonly security: readonly object[]
}

/** What an operation that is not open to all may answer beside what it declares. */
const everywhere = [
  'auth.not_signed_in',
  'auth.not_allowed',
  'platform.unavailable',
  'platform.blobs_unavailable',
] as const

/**
 * Renders endpoint groups as one OpenAPI 3.1 document; the group name becomes the tag.
 *
 * @param errors - the catalogues of the groups' error codes; those of the platform are added
 * @throws Error for a code that no catalogue has
 */
export function toOpenApi(
  groups: Readonly<Record<string, EndpointGroup>>,
  info: OpenApiDocument['info'],
  errors: readonly ErrorCatalogue[] = [],
): OpenApiDocument {
  const catalogue: ErrorCatalogue = Object.assign({}, platformErrors, ...errors)
  const schemas: Record<string, unknown> = {}
  const paths: Record<string, Record<string, object>> = {}
  for (const [tag, group] of Object.entries(groups)) {
    for (const [name, endpoint] of Object.entries(group)) {
      const described = describe(tag, name, endpoint, catalogue, schemas)
      paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: described }
    }
  }
  render(Problem, 'output', schemas)
  const components = { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }
  return { openapi: '3.1.0', info, paths, components, security: [{ token: [] }, {}] }
}

function describe(
  tag: string,
  name: string,
  endpoint: Endpoint,
  catalogue: ErrorCatalogue,
  schemas: Record<string, unknown>,
): object {
  const body = requestBody(endpoint, schemas)
  return {
    tags: [tag],
    operationId: `${tag}.${name}`,
    summary: endpoint.summary,
    ...(endpoint.access === 'public' && { security: [] }),
    parameters: [
      ...parameters('path', endpoint.params, schemas),
      ...parameters('query', endpoint.query, schemas),
      ...headers(endpoint),
    ],
    ...(body && { requestBody: { required: true, content: body } }),
    responses: { ...successes(endpoint, schemas), ...failures(codesOf(endpoint), catalogue) },
    'x-access': endpoint.access,
    'x-error-codes': endpoint.errors,
  }
}

function parameters(
  location: 'path' | 'query',
  schema: z.core.$ZodObject | undefined,
  schemas: Record<string, unknown>,
): object[] {
  return Object.entries(schema?._zod.def.shape ?? {}).map(([name, field]) => ({
    name,
    in: location,
    required: location === 'path' || !z.safeParse(field, undefined).success,
    schema: render(field, 'input', schemas),
  }))
}

/** What the kind of answer lets a client ask for. */
function headers({ success }: Endpoint): object[] {
  if ('events' in success) {
    return [
      { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
      { name: 'lastEventId', in: 'query', required: false, schema: { type: 'string' } },
    ]
  }
  if (!('mediaType' in success)) return []
  return ['Range', 'If-None-Match', 'If-Range'].map((name) => ({
    name,
    in: 'header',
    required: false,
    schema: { type: 'string' },
  }))
}

const binary = { type: 'string', format: 'binary' }

function requestBody({ body, upload }: Endpoint, schemas: Record<string, unknown>): object | undefined {
  if (upload?.kind === 'bytes') return { 'application/octet-stream': { schema: binary } }
  if (upload) {
    const fields = upload.fields ? render(upload.fields, 'input', schemas) : { type: 'object' }
    const file = { type: 'object', properties: { file: binary }, required: ['file'] }
    return { 'multipart/form-data': { schema: { allOf: [fields, file] } } }
  }
  return body && { 'application/json': { schema: render(body, 'input', schemas) } }
}

function successes({ success }: Endpoint, schemas: Record<string, unknown>): Json {
  if ('events' in success) {
    const content = { 'text/event-stream': { schema: render(success.events, 'output', schemas) } }
    return { 200: { description: 'A stream of events; the data of each is JSON of this schema.', content } }
  }
  if ('mediaType' in success) {
    const content = { [success.mediaType]: { schema: binary } }
    return {
      200: { description: 'The whole content.', content },
      206: { description: 'The range that was asked for.', content },
      304: { description: 'The client has it already.' },
    }
  }
  const content = { 'application/json': { schema: render(success.body, 'output', schemas) } }
  return { [success.status]: { description: 'OK', content } }
}

function codesOf({ access, params, query, body, upload, success, errors }: Endpoint): readonly ErrorCode[] {
  return [
    ...errors,
    ...(access === 'public' ? [] : everywhere),
    ...((params ?? query ?? body ?? upload) ? (['http.invalid_request'] as const) : []),
    ...((body ?? upload) ? (['http.too_large'] as const) : []),
    ...('mediaType' in success ? (['http.range_not_satisfiable'] as const) : []),
  ]
}

/** One response per status, naming each code that may come with it and what to do then. */
function failures(codes: readonly ErrorCode[], catalogue: ErrorCatalogue): Json {
  const specs = [...new Set(codes)].map((code) => {
    const spec = catalogue[code]
    if (!spec)
      throw new Error(`No error catalogue has the code ${code}; pass the catalogue of its domain to toOpenApi.`)
    return { code, ...spec }
  })
  const byStatus = Map.groupBy(specs, ({ status }) => status)
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map(({ code, message, fix }) => `\`${code}\`: ${message} ${fix}`).join('\n\n'),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

/** JSON Schema of one part. Schemas with an id move to the components; what goes in and what comes out may differ. */
function render(schema: z.core.$ZodType, io: 'input' | 'output', schemas: Record<string, unknown>): unknown {
  const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  const suffix = io === 'input' ? 'Input' : ''
  for (const [id, definition] of Object.entries($defs)) schemas[`${id}${suffix}`] = relocate(definition, suffix)
  return relocate(root, suffix)
}

function relocate(node: unknown, suffix: string): unknown {
  if (Array.isArray(node)) return node.map((item) => relocate(item, suffix))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' && typeof value === 'string'
        ? [key, value.replace(/^#\/\$defs\/(.*)$/, `#/components/schemas/$1${suffix}`)]
        : [key, relocate(value, suffix)],
    ),
  )
}
