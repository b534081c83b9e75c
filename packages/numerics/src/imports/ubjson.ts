import { ForeignModelError } from './error.ts'

const deepest = 64
const text = new TextDecoder()

/** Bytes of a number, by its marker; all are high byte first. */
const widths: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8, C: 1 }

/**
 * Reads one value of Universal Binary JSON, draft 12, as XGBoost writes it.
 *
 * @throws ForeignModelError when the bytes are none, or end too soon
 * @see https://ubjson.org/type-reference/
 */
export function readUbjson(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0

  function skip(count: number): number {
    const start = at
    if (!Number.isSafeInteger(count) || count < 0 || start + count > bytes.length)
      throw new ForeignModelError('The file is no UBJSON, or is cut short.')
    at += count
    return start
  }

  const marker = (): string => String.fromCharCode(bytes[skip(1)]!)
  const peek = (sign: string): boolean => bytes[at] === sign.charCodeAt(0)

  function number(kind: string): number {
    const start = skip(widths[kind] ?? NaN)
    switch (kind) {
      case 'i':
        return view.getInt8(start)
      case 'U':
      case 'C':
        return view.getUint8(start)
      case 'I':
        return view.getInt16(start)
      case 'l':
        return view.getInt32(start)
      case 'L':
        return Number(view.getBigInt64(start))
      case 'd':
        return view.getFloat32(start)
      default:
        return view.getFloat64(start)
    }
  }

  function string(): string {
    const length = number(marker())
    const start = skip(length)
    return text.decode(bytes.subarray(start, at))
  }

  /** The common type and the length of a container, where it says them. */
  function shape(): { readonly kind?: string; readonly length?: number } {
    const kind = peek('$') ? (skip(1), marker()) : undefined
    if (!peek('#')) return {}
    skip(1)
    return { ...(kind !== undefined && { kind }), length: number(marker()) }
  }

  function* items(end: string): Generator<string | undefined> {
    const { kind, length } = shape()
    if (length === undefined) {
      while (!peek(end)) yield undefined
      skip(1)
    } else for (let count = 0; count < length; count++) yield kind
  }

  function value(kind: string, depth: number): unknown {
    if (depth > deepest) throw new ForeignModelError('The file is nested too deeply.')
    if (kind === '[') return Array.from(items(']'), (each) => value(each ?? marker(), depth + 1))
    if (kind === '{')
      return Object.fromEntries(Array.from(items('}'), (each) => [string(), value(each ?? marker(), depth + 1)]))
    if (kind === 'S') return string()
    if (kind === 'T' || kind === 'F') return kind === 'T'
    if (kind === 'Z') return null
    return number(kind)
  }

  return value(marker(), 0)
}
