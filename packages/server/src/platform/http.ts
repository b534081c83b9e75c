import type {
  Download,
  Endpoint,
  EndpointGroup,
  EventOf,
  EventStream,
  FieldsOf,
  ParsedRequestOf,
  ReplyOf,
} from '@evenkeel/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Caller } from './auth.ts'
import { type FileReply, sendFile } from './http/download.ts'
import { lastEventIdOf, sendEvents, type StreamEvent, streamSignal } from './http/event-stream.ts'
import { parseRequest } from './http/parse.ts'
import { answerError, jsonLimitBytes, type Wire } from './http/problem.ts'
import { readUpload, takeUploads } from './http/upload.ts'

export type { ByteRange, FileReply } from './http/download.ts'
export type { StreamEvent } from './http/event-stream.ts'
export type { Wire } from './http/problem.ts'

/** What an upload adds to the request. A stream that fails carries the reason; pass it on. */
type UploadOf<E extends Endpoint> = E extends { readonly upload: { readonly kind: infer K } }
  ? K extends 'bytes'
    ? { readonly file: Readable }
    : {
        readonly fields: FieldsOf<E, 'output'>
        readonly file: { readonly fileName: string; readonly stream: Readable }
      }
  : unknown

type Request<E extends Endpoint> = ParsedRequestOf<E> & UploadOf<E>

/** The id of the last event that the client has seen. */
interface Resume {
  readonly lastEventId: string | undefined
}

type Events<E extends Endpoint> = AsyncIterable<StreamEvent<EventOf<E, 'input'>>>

export type HandlerOf<E extends Endpoint> = E['success'] extends EventStream
  ? (request: Request<E> & Resume, caller: Caller, signal: AbortSignal) => Events<E> | Promise<Events<E>>
  : E['success'] extends Download
    ? (request: Request<E>, caller: Caller) => Promise<FileReply>
    : (request: Request<E>, caller: Caller, signal: AbortSignal) => Promise<ReplyOf<E>>

export type Handlers<G extends EndpointGroup> = { readonly [K in keyof G]: HandlerOf<G[K]> }

type LooseHandler = (request: object, caller: Caller, signal?: AbortSignal) => unknown

/** Mounts every endpoint of a group; a missing, extra or mistyped handler is a compile error. */
export function mount<G extends EndpointGroup>(
  app: FastifyInstance,
  group: G,
  handlers: Handlers<G>,
  { wire }: { readonly wire?: Wire } = {},
): void {
  for (const [name, endpoint] of Object.entries(group)) {
    // `Object.entries` forgets which handler belongs to which endpoint; `Handlers<G>` has checked it above.
    const handle = handlers[name] as unknown as LooseHandler
    mountOne(app, endpoint, handle, wire)
  }
}

function mountOne(app: FastifyInstance, endpoint: Endpoint, handle: LooseHandler, wire: Wire | undefined): void {
  const { method, path, upload, success, bodyLimitBytes = jsonLimitBytes } = endpoint
  const route = {
    method: 'mediaType' in success ? ([method, 'HEAD'] as const).slice() : method,
    url: path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: bodyLimitBytes,
    exposeHeadRoute: false,
    ...(wire && { errorHandler: errorHandlerFor(wire) }),
    // Before the body is read: strangers cannot make us parse anything.
    onRequest: async (request: FastifyRequest) => {
      request.caller = await app.admit(request, endpoint.access)
    },
    handler: (request: FastifyRequest, reply: FastifyReply) => answer(app, endpoint, handle, request, reply),
  }
  if (!upload) app.route(route)
  // A scope of its own, because how bodies are taken in is decided per scope.
  else {
    void app.register(async (scope) => {
      await takeUploads(scope, upload)
      scope.route(route)
    })
  }
}

const errorHandlerFor = (wire: Wire) => (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
  answerError(error, request, reply, wire)

async function answer(
  app: FastifyInstance,
  endpoint: Endpoint,
  handle: LooseHandler,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { success, upload } = endpoint
  const { caller } = request
  const parsed = { ...parseRequest(endpoint, request), ...(upload && (await readUpload(request, upload))) }

  if ('events' in success) {
    const signal = streamSignal(app, reply)
    const resumed = { ...parsed, lastEventId: lastEventIdOf(request) }
    const events = (await handle(resumed, caller, signal)) as AsyncIterable<StreamEvent<unknown>>
    return sendEvents(reply, success.events, events, signal)
  }
  // Only who asks for it is told that the client went away: most are done before they could listen.
  const result = await (handle.length > 2 ? handle(parsed, caller, streamSignal(app, reply)) : handle(parsed, caller))
  if ('mediaType' in success) return sendFile(request, reply, result as FileReply, success.mediaType)
  return reply
    .status(success.status)
    .type('application/json')
    .send(JSON.stringify(z.parse(success.body, result)))
}
