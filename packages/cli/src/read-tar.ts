const blockBytes = 512

/** A regular file in an archive. Its content must be read before the next entry is asked for; what is left is skipped. */
export interface TarEntry {
  /** Names joined by `/`, safe below any folder. */
  readonly name: string
  readonly sizeBytes: number
  readonly content: AsyncIterable<Buffer>
}

/**
 * Reads an ustar or pax archive while it arrives, in memory of one chunk.
 *
 * @throws RangeError for what is no such archive, is cut short, or holds anything but files that stay in the folder
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = createReader(source)
  let said = new Map<string, string>()
  for (;;) {
    const header = await bytes.take(blockBytes)
    if (header.every((byte) => byte === 0)) return
    const { type, ...plain } = readHeader(header)
    if (type === 'x') {
      said = readRecords(await bytes.take(plain.sizeBytes))
      await bytes.take(paddingOf(plain.sizeBytes))
      continue
    }
    const name = said.get('path') ?? plain.name
    const sizeBytes = Number(said.get('size') ?? plain.sizeBytes)
    said = new Map()
    if (type !== '0' || !Number.isSafeInteger(sizeBytes)) throw new RangeError(`"${name}" is no regular file.`)
    requireSafe(name)
    const content = bytes.stream(sizeBytes)
    yield { name, sizeBytes, content }
    for await (const _ of content);
    await bytes.take(paddingOf(sizeBytes))
  }
}

const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes

/** Largest header of names; more is no header. */
const mostHeaderBytes = 64 * 1024

function createReader(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)

  /** At least one byte, at most so many. */
  async function some(most: number): Promise<Buffer> {
    while (rest.length === 0) {
      const { done, value } = await chunks.next()
      if (done) throw new RangeError('The archive is cut short.')
      rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    const taken = rest.subarray(0, most)
    rest = rest.subarray(taken.length)
    return taken
  }

  async function* stream(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      const chunk = await some(left)
      left -= chunk.length
      yield chunk
    }
  }

  return {
    stream,
    async take(length: number): Promise<Buffer> {
      if (length > mostHeaderBytes) throw new RangeError('It is no ustar archive.')
      const parts: Buffer[] = []
      for await (const part of stream(length)) parts.push(part)
      return Buffer.concat(parts)
    },
  }
}

function readHeader(header: Buffer) {
  const text = (start: number, length: number) => header.toString('utf8', start, start + length).replace(/\0.*$/s, '')
  const sizeBytes = parseInt(text(124, 12), 8)
  if (text(257, 5) !== 'ustar' || !Number.isSafeInteger(sizeBytes)) throw new RangeError('It is no ustar archive.')
  const prefix = text(345, 155)
  return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, sizeBytes, type: text(156, 1) || '0' }
}

/** Records of `<length> <key>=<value>\n`; the length counts itself. */
function readRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const length = parseInt(bytes.toString('latin1', at, at + 20), 10)
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(bytes.toString('utf8', at, at + length)) ?? []
    if (key === undefined || value === undefined) throw new RangeError('It is no pax archive.')
    records.set(key, value)
    at += length
  }
  return records
}

/** @throws RangeError for a name that leads out of a folder, or that a disk somewhere takes for another */
function requireSafe(name: string): void {
  const parts = name.split('/')
  // oxlint-disable-next-line no-control-regex
  const isForeign = /[\\\u0000-\u001f\u007f]|^[a-z]:/i.test(name)
  const isSafe = !isForeign && parts.every((part) => !['', '.', '..'].includes(part))
  if (!isSafe) throw new RangeError(`The archive holds ${JSON.stringify(name)}, which may lie outside of its folder.`)
}
