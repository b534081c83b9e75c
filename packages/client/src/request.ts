import type { Endpoint } from '@evenkeel/contract'
import { ConnectionError, errorOf } from './errors.ts'
import { formBody } from './form.ts'

export interface ClientOptions {
  /** Where the server is, e.g. `http://localhost:7070`. */
  readonly baseUrl: string
  readonly token?: string | undefined
  readonly fetch?: typeof fetch
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

type Plain = string | number | boolean | undefined

/** A request of any endpoint, once the types have done their work. */
export interface LooseRequest {
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, Plain | readonly Plain[]>>
  readonly body?: unknown
  readonly fields?: Readonly<Record<string, Plain>>
  readonly file?: Blob | Uint8Array | ReadableStream<Uint8Array>
  readonly fileName?: string
}

/**
 * Sends one request.
 *
 * @throws ApiError for an answer outside 2xx
 * @throws ConnectionError when there is no answer
 */
export async function send(
  endpoint: Endpoint,
  { baseUrl, token, fetch: fetchIt = fetch }: ClientOptions,
  request: LooseRequest,
  { signal, headers = {} }: CallOptions & { readonly headers?: Record<string, string> } = {},
): Promise<Response> {
  const url = urlOf(endpoint, baseUrl, request)
  const { body, type } = bodyOf(endpoint, request)
  const init = {
    method: endpoint.method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(type !== undefined && { 'content-type': type }),
      ...headers,
    },
    ...(signal && { signal }),
    ...(body !== undefined && { body }),
    // The standard asks for the first when a stream is sent; without the second, all of it is kept for a redirect.
    ...(body instanceof ReadableStream && { duplex: 'half', redirect: 'error' as const }),
  }
  const response = await fetchIt(url, init).catch((cause: unknown) => {
    throw signal?.aborted ? cause : new ConnectionError(url, cause)
  })
  if (response.ok || response.status === 304) return response
  throw await errorOf(response)
}

function urlOf(endpoint: Endpoint, baseUrl: string, { params, query }: LooseRequest): string {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ''))
  const url = new URL(`${baseUrl.replace(/\/$/, '')}${path}`)
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const item of [value].flat()) if (item !== undefined) url.searchParams.append(key, String(item))
  }
  return url.href
}

function bodyOf({ upload }: Endpoint, request: LooseRequest): { body?: BodyInit; type?: string } {
  if (upload?.kind === 'bytes') return { body: request.file as BodyInit, type: 'application/octet-stream' }
  if (upload) return formBody(request)
  return request.body === undefined ? {} : { body: JSON.stringify(request.body), type: 'application/json' }
}
