import type { Mask } from './secrets/mask.ts'

export interface LogPage {
  readonly text: string
  /** Byte offset to read on from. */
  readonly nextOffset: number
  /** Whether nothing more will come after this. */
  readonly ended: boolean
}

/** A log that may still be written, and what must not be read in it. */
export interface LogSource {
  /** Up to so many bytes from an offset. */
  readonly read: (offset: number, limitBytes: number) => Promise<Buffer>
  /** The part of a long log that is gone, in bytes. */
  readonly cut: { readonly from: number; readonly to: number } | undefined
  /** Whether the attempt has ended, so that nothing is appended any more. */
  readonly isOver: boolean
  readonly mask: Mask
}

const pageBytes = 256 * 1024

/** Reads one page of a log as text, up to the last whole character: the rest comes with the next page. */
export async function readLogPage({ read, cut, isOver, mask }: LogSource, offset: number): Promise<LogPage> {
  if (cut && offset >= cut.from && offset < cut.to) return pageOfCut(cut)
  const limit = cut && offset < cut.from ? Math.min(pageBytes, cut.from - offset) : pageBytes
  // What is hidden may begin before the page and go on behind it.
  const start = Math.max(0, offset - mask.reachBytes)
  const window = await read(start, offset - start + limit + mask.reachBytes)
  const from = offset - start
  if (window.length <= from) return { text: '', nextOffset: offset, ended: isOver }
  const until = Math.min(from + limit, window.length - (isOver ? 0 : mask.unfinishedBytes(window)))
  if (until <= from) return { text: '', nextOffset: offset, ended: false }
  const to = from + wholeCharacters(window.subarray(from, until))
  return { text: mask.bytes(window, from, to).toString(), nextOffset: start + to, ended: false }
}

function pageOfCut({ from, to }: NonNullable<LogSource['cut']>): LogPage {
  const megabytes = ((to - from) / 1e6).toFixed(0)
  const text = `\n[evenkeel: ${megabytes} MB of this log are left out here; its beginning and its end are kept.]\n`
  return { text, nextOffset: to, ended: false }
}

/** Length of the part that does not end within a character of UTF-8. */
function wholeCharacters(bytes: Buffer): number {
  const start = bytes.subarray(-4).findLastIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000)
  if (start < 0) return bytes.length
  const at = Math.max(0, bytes.length - 4) + start
  // Bytes that are no UTF-8 must not stop the reader for ever.
  return at > 0 && at + lengthOf(bytes[at]!) > bytes.length ? at : bytes.length
}

function lengthOf(lead: number): number {
  if (lead < 0b1100_0000) return 1
  if (lead < 0b1110_0000) return 2
  return lead < 0b1111_0000 ? 3 : 4
}
