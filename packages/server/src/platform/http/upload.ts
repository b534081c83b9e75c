import multipart from '@fastify/multipart'
import type { Upload } from '@evenkeel/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Readable, Transform } from 'node:stream'
import { failPlatform, isErrno } from '../errors.ts'
import { giveAway } from '../given-away.ts'
import { parsePart } from './parse.ts'

/** Makes a scope of the app take bodies as they come, instead of parsing JSON. */
export async function takeUploads(scope: FastifyInstance, { kind, limitBytes }: Upload): Promise<void> {
  scope.removeAllContentTypeParsers()
  if (kind === 'bytes') {
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    return
  }
  // One byte more than allowed comes through, so that a file of exactly the limit is told from a longer one.
  await scope.register(multipart, { limits: { fileSize: limitBytes + 1, files: 1, fieldSize: 1024 ** 2 } })
}

/** What an upload adds to the request of a handler. */
export async function readUpload(request: FastifyRequest, upload: Upload): Promise<object> {
  if (upload.kind === 'multipart') return readForm(request, upload)
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > upload.limitBytes) throw failPlatform('http.too_large', { limitBytes: upload.limitBytes })
  const body = request.body as Readable | undefined
  if (!body) throw failPlatform('http.invalid_request', { issues: [] }, { why: noContentType })
  // Node copies what it receives for us; a parser of forms may keep some of what it passes on.
  return { file: giveAway(limited(body, upload.limitBytes)) }
}

const noContentType = 'The body has no content type; send content-type: application/octet-stream.'

async function readForm(request: FastifyRequest, { limitBytes, fields }: Upload): Promise<object> {
  if (!request.isMultipart()) {
    throw failPlatform('http.invalid_request', { issues: [] }, { why: 'The body is not multipart/form-data.' })
  }
  const texts: Record<string, string> = {}
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      texts[part.fieldname] = String(part.value)
      continue
    }
    try {
      if (part.fieldname !== 'file') throw unexpectedFile(part.fieldname)
      return {
        fields: fields ? parsePart('fields', fields, texts) : {},
        file: { fileName: part.filename, stream: limited(part.file, limitBytes) },
      }
    } catch (error) {
      part.file.resume()
      throw error
    }
  }
  throw failPlatform('http.invalid_request', { issues: [] }, { why: 'The form holds no file named "file".' })
}

const unexpectedFile = (name: string) =>
  failPlatform('http.invalid_request', { issues: [] }, { why: `The form holds a file "${name}"; name it "file".` })

/** Passes bytes on and fails past the limit, so that whoever writes them notices before the end. */
function limited(source: Readable, limitBytes: number): Readable {
  let seenBytes = 0
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seenBytes += chunk.length
      if (seenBytes > limitBytes) done(failPlatform('http.too_large', { limitBytes }))
      else done(null, chunk)
    },
  })
  source.once('error', (error) => limit.destroy(isErrno(error, 'ECONNRESET') ? brokenOff() : error))
  source.once('close', () => {
    if (!source.readableEnded) limit.destroy(brokenOff())
  })
  // Nobody may listen any more when the handler has failed for another reason.
  limit.on('error', () => source.unpipe(limit).resume())
  return source.pipe(limit)
}

const brokenOff = () =>
  failPlatform('http.invalid_request', { issues: [] }, { why: 'The upload broke off before its end.' })
