import type { OtlpAttribute, OtlpSpan, Problem, SentSpan } from '@evenkeel/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import type { Wire } from '../../platform/http.ts'
import { answerError } from '../../platform/http/problem.ts'
import { bodyLimitBytes } from './body.ts'
import { readJson } from './otlp/json.ts'
import { exportRequest, OtlpError } from './otlp/messages.ts'
import { readProtobuf } from './otlp/protobuf.ts'
import type { StepNeeds } from './step-guard.ts'

/** What the face needs of those who keep spans. */
export interface SpansNeeds {
  /** @returns ids of the traces whose root was among the spans */
  addSpans(caller: Caller, experimentId: string, spans: readonly SentSpan[]): Promise<readonly string[]>
  linkToRun(caller: Caller, traceIds: readonly string[], runId: string): Promise<void>
}

interface OtlpNeeds extends StepNeeds {
  readonly traces: SpansNeeds
}

/** Largest batch, once it is decompressed, in bytes. */
const batchLimitBytes = 64 * 1024 ** 2

/** Codes of gRPC, which OpenTelemetry's clients read beside the status. */
const grpcCodes: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 429: 8, 503: 14 }

const otlpWire: Wire = {
  renderError: ({ status, code, detail, fix, requestId }: Problem) => ({
    status,
    body: { code: grpcCodes[status] ?? (status >= 500 ? 13 : 3), message: `${detail} ${fix}`, error: code, requestId },
  }),
}

/** Spans as any client of OpenTelemetry sends them. The headers say of which experiment they are, and of which run. */
export function otlpRoutes(app: FastifyInstance, needs: OtlpNeeds): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply, otlpWire))
    scope.route({
      method: 'POST',
      url: '/v1/traces',
      bodyLimit: bodyLimitBytes,
      onRequest: async (request: FastifyRequest) => {
        request.caller = await app.admit(request, 'tracking:write')
      },
      handler: async (request, reply) => {
        await receive(needs, request)
        return isJson(request) ? {} : reply.type('application/x-protobuf').send(Buffer.alloc(0))
      },
    })
  })
}

async function receive({ traces, stepRuns }: OtlpNeeds, request: FastifyRequest): Promise<void> {
  const { caller } = request
  const experimentId = header(request, 'x-mlflow-experiment-id')
  if (experimentId === undefined) {
    throw refuse('The header "x-mlflow-experiment-id" is missing; it says which experiment the spans belong to.')
  }
  const runId = header(request, 'x-mlflow-run-id')
  if (runId !== undefined && caller.kind === 'step') await stepRuns.admit(caller, runId, true)
  const spans = spansOf(await readBatch(request))
  if (spans.length === 0) throw refuse('Invalid OpenTelemetry format - no spans found')
  const ended = await traces.addSpans(caller, experimentId, spans)
  for (let from = 0; runId !== undefined && from < ended.length; from += linksAtOnce) {
    await traces.linkToRun(caller, ended.slice(from, from + linksAtOnce), runId)
  }
}

const linksAtOnce = 100

const typeOf = (request: FastifyRequest) => request.headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase()
const isJson = (request: FastifyRequest) => typeOf(request) === 'application/json'

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

interface Batch {
  readonly resource_spans?: readonly {
    readonly resource?: { readonly attributes?: readonly OtlpAttribute[] }
    readonly scope_spans?: readonly { readonly spans?: readonly OtlpSpan[] }[]
  }[]
}

async function readBatch(request: FastifyRequest): Promise<Batch> {
  if (!isJson(request) && typeOf(request) !== 'application/x-protobuf') {
    const expected = 'Expected: application/x-protobuf or application/json'
    throw refuse(`Invalid Content-Type: ${request.headers['content-type']}. ${expected}`)
  }
  const bytes = await decompressed(request)
  try {
    if (isJson(request)) return readJson(exportRequest, JSON.parse(bytes.toString()))
    return readProtobuf(exportRequest, bytes)
  } catch (error) {
    if (error instanceof OtlpError || error instanceof SyntaxError) {
      throw refuse(`Invalid OpenTelemetry format: ${error.message}`)
    }
    throw error
  }
}

const spansOf = ({ resource_spans: parts = [] }: Batch): SentSpan[] =>
  parts.flatMap(({ resource, scope_spans: scopes = [] }) =>
    scopes.flatMap(({ spans = [] }) => spans.map((span) => ({ span, resource: resource?.attributes ?? [] }))),
  )

async function decompressed(request: FastifyRequest): Promise<Buffer> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity'
  const limits = { maxOutputLength: batchLimitBytes }
  try {
    if (encoding === 'gzip') return await promisify(gunzip)(body, limits)
    // Some clients leave the header of zlib away; its first byte tells.
    if (encoding === 'deflate') return await promisify((body[0]! & 0x0f) === 8 ? inflate : inflateRaw)(body, limits)
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') {
      throw refuse(`Failed to decompress ${encoding} payload`)
    }
    throw failPlatform('http.too_large', { limitBytes: batchLimitBytes }, { cause })
  }
  if (encoding === 'identity') return body
  throw refuse(`Unsupported Content-Encoding: ${encoding}`)
}

const refuse = (why: string) => failPlatform('http.invalid_request', { issues: [] }, { why })
