import { storable } from '../../../platform/storable.ts'
import { deepest, type Field, type Message, OtlpError, type Scalar } from './messages.ts'

/**
 * Reads a message from its protobuf bytes, as proto JSON with the names of the fields: bytes in base64, integers of 64
 * bits as digits. Unknown fields are skipped; what PostgreSQL cannot hold in a text becomes U+FFFD.
 *
 * @throws OtlpError when the bytes are no such message
 */
export function readProtobuf(message: Message, bytes: Buffer): Readonly<Record<string, unknown>> {
  return readMessage({ bytes, at: 0 }, message, bytes.length, 0)
}

/** Where reading has come to. */
interface Cursor {
  readonly bytes: Buffer
  at: number
}

function readMessage(cursor: Cursor, message: Message, end: number, depth: number): Record<string, unknown> {
  if (depth > deepest) throw new OtlpError(`Messages lie more than ${deepest} deep in each other.`)
  const found: Record<string, unknown> = {}
  while (cursor.at < end) {
    const tag = Number(readVarint(cursor))
    const [number, wire] = [tag >>> 3, tag & 7]
    const field = message[number]
    if (!field || wire !== wireOf(field)) {
      skip(cursor, wire)
      continue
    }
    const value = readField(cursor, field, depth)
    if (!field.repeated) found[field.name] = value
    else if (found[field.name]) (found[field.name] as unknown[]).push(value)
    else found[field.name] = [value]
  }
  if (cursor.at > end) throw new OtlpError('A message ends too early.')
  return found
}

const wires: Readonly<Record<Scalar, number>> = {
  string: 2,
  bytes: 2,
  bool: 0,
  int64: 0,
  uint32: 0,
  double: 1,
  fixed64: 1,
  fixed32: 5,
}

const wireOf = ({ type }: Field): number =>
  typeof type === 'function' ? 2 : typeof type === 'string' ? wires[type] : 0

function readField(cursor: Cursor, { type }: Field, depth: number): unknown {
  if (typeof type === 'function') {
    const length = readLength(cursor)
    return readMessage(cursor, type(), cursor.at + length, depth + 1)
  }
  if (typeof type !== 'string') {
    const number = Number(readVarint(cursor))
    return type[number] ?? number
  }
  return scalars[type](cursor)
}

const scalars: Readonly<Record<Scalar, (cursor: Cursor) => unknown>> = {
  string: (cursor) => storable(take(cursor, readLength(cursor)).toString()),
  bytes: (cursor) => take(cursor, readLength(cursor)).toString('base64'),
  bool: (cursor) => readVarint(cursor) !== 0n,
  int64: (cursor) => String(BigInt.asIntN(64, readVarint(cursor))),
  uint32: (cursor) => Number(BigInt.asUintN(32, readVarint(cursor))),
  double: (cursor) => jsonDouble(take(cursor, 8).readDoubleLE()),
  fixed64: (cursor) => String(take(cursor, 8).readBigUInt64LE()),
  fixed32: (cursor) => take(cursor, 4).readUInt32LE(),
}

/** JSON has no word for NaN and infinities. */
export const jsonDouble = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.at + length
  if (end > cursor.bytes.length) throw new OtlpError('The bytes end in the middle of a field.')
  const part = cursor.bytes.subarray(cursor.at, end)
  cursor.at = end
  return part
}

function readLength(cursor: Cursor): number {
  const length = Number(readVarint(cursor))
  if (cursor.at + length > cursor.bytes.length) throw new OtlpError('A field is longer than what there is.')
  return length
}

function readVarint(cursor: Cursor): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.bytes[cursor.at++]
    if (byte === undefined) throw new OtlpError('The bytes end in the middle of a number.')
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  throw new OtlpError('A number has more than ten bytes.')
}

function skip(cursor: Cursor, wire: number): void {
  if (wire === 0) readVarint(cursor)
  else if (wire === 1) take(cursor, 8)
  else if (wire === 2) take(cursor, readLength(cursor))
  else if (wire === 5) take(cursor, 4)
  else throw new OtlpError(`There is no wire type ${wire}; these are no bytes of protobuf.`)
}
