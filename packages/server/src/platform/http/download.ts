import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { failPlatform } from '../errors.ts'

/** Bytes `start` to `end`, both included, counted from 0. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** What a download handler returns; `open` is called at most once, and not at all for HEAD and 304. */
export interface FileReply {
  readonly sizeBytes: number
  open(range?: ByteRange): Readable
  /** Identifies the bytes; becomes the ETag. */
  readonly digest?: string
  /** Makes browsers save it under this name. */
  readonly fileName?: string
  /** Instead of the one that the endpoint declares. */
  readonly mediaType?: string
}

/** Answers with a file: whole or one range, and nothing when the client has it already (RFC 9110, sections 13 and 14). */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: FileReply,
  mediaType: string,
): FastifyReply {
  const etag = file.digest && `"${file.digest}"`
  reply.headers({
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    // What people upload must not run as a page of this site.
    'content-security-policy': "sandbox; default-src 'none'",
    ...(etag && { etag, 'cache-control': 'private, no-cache' }),
    ...(file.fileName !== undefined && { 'content-disposition': disposition(file.fileName) }),
  })
  if (etag && isCurrent(request.headers['if-none-match'], etag)) return reply.status(304).send()

  const ifRange = request.headers['if-range']
  const header = ifRange === undefined || ifRange === etag ? request.headers.range : undefined
  const range = parseRange(header, file.sizeBytes)
  const length = range ? range.end - range.start + 1 : file.sizeBytes
  reply.status(range ? 206 : 200).headers({ 'content-type': file.mediaType ?? mediaType, 'content-length': length })
  if (range) reply.header('content-range', `bytes ${range.start}-${range.end}/${file.sizeBytes}`)
  return request.method === 'HEAD' ? reply.send() : reply.send(file.open(range))
}

const isCurrent = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === etag) ?? false

/**
 * Reads one range; several at once, or another unit, may be ignored by the standard and are.
 *
 * @throws DomainError `http.range_not_satisfiable` when it lies outside
 */
function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  const start = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from)
  const end = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  if (from !== '' && to !== '' && Number(to) < start) return undefined
  if (start > end) throw failPlatform('http.range_not_satisfiable', { sizeBytes })
  return { start, end }
}

/** RFC 6266: a plain name for old clients, the exact one in UTF-8. */
function disposition(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\%/]/g, '_')
  const exact = encodeURIComponent(fileName).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}
