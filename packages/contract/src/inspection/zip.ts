import { cursorOver } from './cursor.ts'
import { InspectionError } from './error.ts'
import { unpack } from './unpack.ts'

interface Entry {
  readonly name: string
  readonly isPacked: boolean
  readonly sizeBytes: number
  readonly offset: number
}

const mostEntries = 100_000
const endBytes = 22
const longestComment = 65_535

/**
 * The files of a ZIP archive, by its directory at the end.
 *
 * @throws InspectionError when it is damaged
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function entriesOf(bytes: Uint8Array): readonly Entry[] {
  const end = endOf(bytes)
  const count = end.uint16()
  end.skip(4)
  const start = end.uint32()
  if (count > mostEntries || start === 0xffffffff) throw new InspectionError('The ZIP archive is larger than is read.')
  if (start > bytes.length) throw new InspectionError('The ZIP archive is damaged: its directory lies behind its end.')
  const cursor = cursorOver(bytes, start)
  return Array.from({ length: count }, () => readEntry(cursor))
}

function endOf(bytes: Uint8Array) {
  const lowest = Math.max(0, bytes.length - endBytes - longestComment)
  for (let at = bytes.length - endBytes; at >= lowest; at--) {
    const isEnd = bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 5 && bytes[at + 3] === 6
    if (isEnd) return cursorOver(bytes, at + 10)
  }
  throw new InspectionError('The ZIP archive is damaged: it has no directory.')
}

type Cursor = ReturnType<typeof cursorOver>

function readEntry(cursor: Cursor): Entry {
  if (cursor.uint32() !== 0x02014b50) throw new InspectionError('The directory of the ZIP archive is damaged.')
  cursor.skip(6)
  const method = cursor.uint16()
  cursor.skip(8)
  const sizeBytes = cursor.uint32()
  cursor.skip(4)
  const [nameBytes, extraBytes, commentBytes] = [cursor.uint16(), cursor.uint16(), cursor.uint16()]
  cursor.skip(8)
  const offset = cursor.uint32()
  const name = cursor.text(nameBytes) ?? ''
  cursor.skip(extraBytes + commentBytes)
  if (method !== 0 && method !== 8) throw new InspectionError(`The file "${name}" of the ZIP archive is packed oddly.`)
  return { name, isPacked: method === 8, sizeBytes, offset }
}

/** Content of one file of the archive. @throws InspectionError */
export async function contentOf(bytes: Uint8Array, { offset, sizeBytes, isPacked }: Entry): Promise<Uint8Array> {
  const cursor = cursorOver(bytes, Math.min(offset, bytes.length))
  cursor.skip(26)
  cursor.skip(cursor.uint16() + cursor.uint16())
  const from = cursor.skip(sizeBytes)
  const content = bytes.subarray(from, from + sizeBytes)
  return isPacked ? unpack(content, 'raw') : content
}
