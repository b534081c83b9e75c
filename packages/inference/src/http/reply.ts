import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { deflate, gzip } from 'node:zlib'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export const jsonReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

/** The shape of every error of the protocol. */
export const errorReply = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply =>
  jsonReply(status, { error: message }, headers)

const compressors = { gzip: promisify<Buffer, Buffer>(gzip), deflate: promisify<Buffer, Buffer>(deflate) }
// Smaller answers travel in a packet or two anyway, and many clients offer gzip without a wish.
const worthCompressingBytes = 16 * 1024

/** Sends a reply, compressed when it is large and the caller takes that. */
export async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers, body } = reply
  if (body.length < worthCompressingBytes) return end(response, status, headers, body)
  const encoding = (['gzip', 'deflate'] as const).find((name) => request.headers['accept-encoding']?.includes(name))
  if (!encoding) return end(response, status, headers, body)
  const packed = await compressors[encoding](Buffer.from(body as string))
  end(response, status, { ...headers, 'content-encoding': encoding, vary: 'accept-encoding' }, packed)
}

function end(response: ServerResponse, status: number, headers: Reply['headers'], body: string | Buffer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const drainBytes = 1024 ** 2
const drainMs = 1000

/**
 * Answers a request whose body is still coming, and closes the connection. A little of the rest is read, because a
 * connection that is cut with bytes in flight takes the answer with it.
 */
export function sendAndHangUp(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Reply,
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
  response.write(body)
  const finish = () => {
    clearTimeout(timer)
    response.end()
    request.socket.destroySoon()
  }
  const timer = setTimeout(finish, drainMs)
  let drained = 0
  request.removeAllListeners('data')
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length
    if (drained > drainBytes) request.pause()
  })
  request.once('end', finish)
  request.once('close', () => clearTimeout(timer))
  request.resume()
}
