import { InspectionError } from './error.ts'

const newline = 10
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** One character for each byte; the decoder that is called so stands for Windows-1252. */
export const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

/** Longest text that is read, in bytes; of longer ones only the length is kept. */
const longestText = 4096

/** Reads bytes in order; every length is checked against what is there before anything is taken. */
export function cursorOver(bytes: Uint8Array, start = 0) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start

  /** Steps over bytes. @returns where they began */
  function skip(length: number): number {
    if (!(length >= 0 && length <= bytes.length - at))
      throw new InspectionError(`It ends within a value: ${length} bytes are announced, ${bytes.length - at} are left.`)
    const from = at
    at += length
    return from
  }

  function line(): string {
    const end = bytes.indexOf(newline, at)
    if (end < 0) throw new InspectionError('It ends within a line.')
    if (end - at > longestText) throw new InspectionError('A line of it is too long.')
    const text = utf8.decode(bytes.subarray(at, end))
    at = end + 1
    return text
  }

  return {
    skip,
    line,
    get at() {
      return at
    },
    uint8: () => view.getUint8(skip(1)),
    uint16: () => view.getUint16(skip(2), true),
    uint32: () => view.getUint32(skip(4), true),
    int32: () => view.getInt32(skip(4), true),
    uint64: () => Number(view.getBigUint64(skip(8), true)),
    float64: () => view.getFloat64(skip(8)),
    /** @returns undefined for a text that is too long to be a name */
    text(length: number, encoding: 'utf8' | 'latin1' = 'utf8'): string | undefined {
      const from = skip(length)
      if (length > longestText) return undefined
      const part = bytes.subarray(from, from + length)
      return encoding === 'utf8' ? utf8.decode(part) : latin1(part)
    },
    /** A whole number of two's complement, little-endian, as LONG1 has it; undefined when no number of ours holds it. */
    long(length: number): number | undefined {
      const from = skip(length)
      if (length > 8) return undefined
      let value = 0n
      for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!)
      return Number(BigInt.asIntN(length * 8, value))
    },
  }
}
export type Cursor = ReturnType<typeof cursorOver>
