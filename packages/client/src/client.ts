import type {
  Download,
  Endpoint,
  EndpointGroup,
  EventOf,
  EventStream,
  FieldsOf,
  RequestOf,
  ResultOf,
} from '@evenkeel/contract'
import { z } from 'zod'
import { download, type Downloaded, type DownloadOptions } from './download.ts'
import { ConnectionError } from './errors.ts'
import { follow, type FollowOptions, type ReceivedEvent } from './event-stream.ts'
import { type CallOptions, type ClientOptions, type LooseRequest, send } from './request.ts'

/** What is sent: bytes at hand, a file of a browser, or a stream of unknown length (which Node can send, browsers cannot). */
export type UploadBody = Blob | Uint8Array | ReadableStream<Uint8Array>

type UploadOf<E extends Endpoint> = E extends { readonly upload: { readonly kind: infer K } }
  ? K extends 'bytes'
    ? { readonly file: UploadBody }
    : { readonly fields: FieldsOf<E, 'input'>; readonly file: UploadBody; readonly fileName?: string }
  : unknown

type Request<E extends Endpoint> = RequestOf<E> & UploadOf<E>

/** Nothing needs to be passed to an operation that asks for nothing. */
type Arguments<E extends Endpoint, Options> =
  Record<never, never> extends Request<E>
    ? [request?: Request<E>, options?: Options]
    : [request: Request<E>, options?: Options]

type Method<E extends Endpoint> = E['success'] extends EventStream
  ? (...args: Arguments<E, FollowOptions>) => AsyncGenerator<ReceivedEvent<EventOf<E, 'output'>>>
  : E['success'] extends Download
    ? (...args: Arguments<E, DownloadOptions>) => Promise<Downloaded>
    : (...args: Arguments<E, CallOptions>) => Promise<ResultOf<E>>

/** One method per endpoint; each throws `ApiError` for an answer outside 2xx and `ConnectionError` without an answer. */
export type Client<G extends EndpointGroup> = { readonly [K in keyof G]: Method<G[K]> }

/** Builds a typed client for one endpoint group. */
export function createClient<G extends EndpointGroup>(group: G, client: ClientOptions): Client<G> {
  const methods: unknown = Object.fromEntries(
    Object.entries(group).map(([name, endpoint]) => [name, methodOf(endpoint, client)]),
  )
  // `Object.entries` forgets which method belongs to which endpoint; `methodOf` reads the same `success` as `Method`.
  return methods as Client<G>
}

function methodOf(endpoint: Endpoint, client: ClientOptions) {
  const { success } = endpoint
  if ('events' in success) {
    const stream = { ...endpoint, success }
    return (request: LooseRequest = {}, options?: FollowOptions) => follow(stream, client, request, options)
  }
  if ('mediaType' in success) {
    return (request: LooseRequest = {}, options?: DownloadOptions) => download(endpoint, client, request, options)
  }
  return async (request: LooseRequest = {}, options?: CallOptions) => {
    const response = await send(endpoint, client, request, options)
    const payload: unknown = await response.json().catch((cause: unknown) => {
      throw options?.signal?.aborted ? cause : new ConnectionError(response.url, cause)
    })
    return z.parse(success.body, payload)
  }
}
