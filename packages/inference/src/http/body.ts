import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { isErrno } from '../files.ts'
import { badRequest, Refusal } from '../protocol/refusal.ts'

export const bodyLimitBytes = 64 * 1024 ** 2

/**
 * Reads the body of a request, decompressed.
 *
 * @throws Refusal 413 as soon as it is known to be too large, 415 for an unknown Content-Encoding, 400 for a broken one
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (announcesTooMuch(request)) throw tooLarge()
  const body = await collect(request)
  const encoding = request.headers['content-encoding']
  return encoding === undefined || encoding === 'identity' ? body : decompress(body, encoding.toLowerCase())
}

/** Whether the caller says beforehand that the body is too large. */
export const announcesTooMuch = (request: IncomingMessage): boolean =>
  Number(request.headers['content-length'] ?? 0) > bodyLimitBytes

function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > bodyLimitBytes) return reject(tooLarge())
      chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    // Also when the caller hangs up in the middle.
    request.on('error', reject)
  })
}

const decompressors = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
}

async function decompress(body: Buffer, encoding: string): Promise<Buffer> {
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new Refusal(415, `The Content-Encoding "${encoding}" is not supported; send gzip, deflate or none.`)
  }
  try {
    return await decompressors[encoding](body, { maxOutputLength: bodyLimitBytes })
  } catch (error) {
    if (isErrno(error, 'ERR_BUFFER_TOO_LARGE')) throw tooLarge()
    throw badRequest(`The body is not ${encoding}: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

const tooLarge = () =>
  new Refusal(
    413,
    `The body is larger than ${bodyLimitBytes} bytes (${bodyLimitBytes / 1024 ** 2} MiB); send fewer rows at once.`,
  )
