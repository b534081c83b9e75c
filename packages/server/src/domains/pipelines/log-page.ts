export interface LogPage {
  readonly text: string
  /** Byte offset to read on from. */
  readonly nextOffset: number
  /** Whether nothing more will come after this. */
  readonly ended: boolean
}

/** Tokens of ours have no business in a log, whoever printed them. */
const token = /evenkeel_pat_[0-9a-f]+_[0-9a-f]+/g

/**
 * Turns bytes of a log into text, up to the last whole character: the rest comes with the next page.
 *
 * @param isOver - whether the attempt has ended, so that nothing is appended any more
 */
export function logPage(bytes: Buffer, offset: number, isOver: boolean): LogPage {
  const whole = bytes.length === 0 ? 0 : wholeCharacters(bytes)
  // Bytes that are no UTF-8 must not stop the reader for ever.
  const taken = whole === 0 ? bytes.length : whole
  return {
    text: bytes.toString('utf8', 0, taken).replace(token, 'evenkeel_pat_[redacted]'),
    nextOffset: offset + taken,
    ended: isOver && bytes.length === 0,
  }
}

/** Length of the part that does not end within a character of UTF-8. */
function wholeCharacters(bytes: Buffer): number {
  const start = bytes.subarray(-4).findLastIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000)
  if (start < 0) return bytes.length
  const at = Math.max(0, bytes.length - 4) + start
  return at + lengthOf(bytes[at]!) > bytes.length ? at : bytes.length
}

function lengthOf(lead: number): number {
  if (lead < 0b1100_0000) return 1
  if (lead < 0b1110_0000) return 2
  return lead < 0b1111_0000 ? 3 : 4
}
