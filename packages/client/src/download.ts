import type { Endpoint } from '@evenkeel/contract'
import { ConnectionError } from './errors.ts'
import { type CallOptions, type ClientOptions, type LooseRequest, send } from './request.ts'

export interface DownloadOptions extends CallOptions {
  /** Bytes `start` to `end`, both included, counted from 0; to the end of the content without `end`. */
  readonly range?: { readonly start: number; readonly end?: number }
}

/** What a download answers with; read it once, as a stream or as bytes. */
export interface Downloaded {
  /** Bytes in this answer. */
  readonly sizeBytes: number
  readonly mediaType: string
  /** The sha256 of the whole content, when the server knows it. */
  readonly digest: string | undefined
  readonly stream: ReadableStream<Uint8Array>
  /** @throws ConnectionError when the connection breaks before the end */
  bytes(): Promise<Uint8Array>
}

export async function download(
  endpoint: Endpoint,
  client: ClientOptions,
  request: LooseRequest,
  { signal, range }: DownloadOptions = {},
): Promise<Downloaded> {
  const headers = range ? { range: `bytes=${range.start}-${range.end ?? ''}` } : {}
  const response = await send(endpoint, client, request, { signal, headers })
  return {
    sizeBytes: Number(response.headers.get('content-length') ?? 0),
    mediaType: response.headers.get('content-type') ?? 'application/octet-stream',
    digest: response.headers.get('etag')?.replaceAll('"', ''),
    stream: response.body ?? new Blob([]).stream(),
    bytes: () =>
      response.arrayBuffer().then(
        (buffer) => new Uint8Array(buffer),
        (cause: unknown) => {
          throw signal?.aborted ? cause : new ConnectionError(response.url, cause)
        },
      ),
  }
}
