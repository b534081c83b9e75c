import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../../platform/http.ts'

/** A file whose bytes are known before they are read. */
export interface FolderFile {
  /** Names joined by `/`, below the folder. */
  readonly path: string
  readonly sizeBytes: number
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  open(range?: ByteRange): Readable
}

interface Part {
  readonly sizeBytes: number
  open(range: ByteRange): AsyncIterable<Uint8Array>
}

const blockBytes = 512

/** Longest name, in bytes, and smallest size that an ustar header cannot hold. */
const longestNameBytes = 100
const hugeBytes = 8 ** 11

/**
 * An archive whose length is known before anything is read; it is sent file after file, and from any byte on.
 *
 * @param folder - what all files lie in
 * @param modified - of every file, so that the same version makes the same archive
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"
 */
export function tarOf(folder: string, files: readonly FolderFile[], modified: Date) {
  const parts = [
    ...files.flatMap((file) => [
      bytesPart(headersOf(`${folder}/${file.path}`, file.sizeBytes, modified)),
      { sizeBytes: file.sizeBytes, open: verified(file) },
      bytesPart(Buffer.alloc(paddingOf(file.sizeBytes))),
    ]),
    bytesPart(Buffer.alloc(2 * blockBytes)),
  ]
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
  return {
    sizeBytes,
    open: (range: ByteRange = { start: 0, end: sizeBytes - 1 }): Readable =>
      Readable.from(read(parts, range), { objectMode: false }),
  }
}

async function* read(parts: readonly Part[], { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const part of parts) {
    const from = Math.max(start - at, 0)
    const until = Math.min(end - at, part.sizeBytes - 1)
    if (from <= until) yield* part.open({ start: from, end: until })
    at += part.sizeBytes
  }
}

const bytesPart = (bytes: Buffer): Part => ({
  sizeBytes: bytes.length,
  async *open({ start, end }) {
    yield bytes.subarray(start, end + 1)
  },
})

/** The bytes of a file; a whole one that is not what its digest says breaks the stream. */
const verified = ({ path, digest, sizeBytes, open }: FolderFile): Part['open'] =>
  async function* bytes(range) {
    const isWhole = range.end - range.start + 1 === sizeBytes
    const hash = createHash('sha256')
    let seenBytes = 0
    for await (const chunk of open(isWhole ? undefined : range) as AsyncIterable<Uint8Array>) {
      hash.update(chunk)
      seenBytes += chunk.byteLength
      // The archive has room for what was announced; more would be read as the next header.
      if (seenBytes > sizeBytes) break
      yield chunk
    }
    if (isWhole && `sha256:${hash.digest('hex')}` !== digest) throw new Error(`"${path}" is not ${digest} any more.`)
  }

const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes

/** A name or a size that does not fit gets a header of its own in front. */
function headersOf(name: string, sizeBytes: number, modified: Date): Buffer {
  const seconds = Math.floor(modified.getTime() / 1000)
  const isPlain = /^[\x20-\x7e]*$/.test(name) && name.length <= longestNameBytes
  if (isPlain && sizeBytes < hugeBytes) return headerOf({ name, sizeBytes, seconds, type: '0' })
  const records = Buffer.from(recordOf('path', name) + recordOf('size', String(sizeBytes)))
  const plain = { name: name.replaceAll(/[^\x20-\x7e]/g, '_').slice(-longestNameBytes), seconds }
  return Buffer.concat([
    headerOf({ ...plain, sizeBytes: records.length, type: 'x' }),
    records,
    Buffer.alloc(paddingOf(records.length)),
    headerOf({ ...plain, sizeBytes: sizeBytes < hugeBytes ? sizeBytes : 0, type: '0' }),
  ])
}

/** A record begins with its own length, the digits of which count. */
function recordOf(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  const digits = String(bytes + String(bytes).length).length
  return `${bytes + digits}${rest}`
}

interface Header {
  readonly name: string
  readonly sizeBytes: number
  readonly seconds: number
  /** `0` is a file, `x` what is said about the next one. */
  readonly type: '0' | 'x'
}

function headerOf({ name, sizeBytes, seconds, type }: Header): Buffer {
  const header = Buffer.alloc(blockBytes)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(sizeBytes, 11), 124)
  header.write(octal(seconds, 11), 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)} `, 148)
  return header
}
