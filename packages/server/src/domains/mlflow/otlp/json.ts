import { storable } from '../../../platform/storable.ts'
import { deepest, type Field, type Message, OtlpError, type Scalar } from './messages.ts'
import { jsonDouble } from './protobuf.ts'

/**
 * Reads a message from OpenTelemetry's JSON, where names are in camel case and ids in hex, and writes it as
 * `readProtobuf` does.
 *
 * @throws OtlpError when it is no such message
 */
export function readJson(message: Message, sent: unknown, depth = 0): Readonly<Record<string, unknown>> {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) throw new OtlpError('An object is missing.')
  if (depth > deepest) throw new OtlpError(`Messages lie more than ${deepest} deep in each other.`)
  const found: Record<string, unknown> = {}
  for (const field of Object.values(message)) {
    const value = (sent as Record<string, unknown>)[camel(field.name)] ?? (sent as Record<string, unknown>)[field.name]
    if (value === undefined || value === null) continue
    if (!field.repeated) found[field.name] = readField(field, value, depth)
    else if (Array.isArray(value)) found[field.name] = value.map((item) => readField(field, item, depth))
    else throw new OtlpError(`"${field.name}" is no list.`)
  }
  return found
}

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

function readField(field: Field, value: unknown, depth: number): unknown {
  const { type, name, isId } = field
  if (typeof type === 'function') return readJson(type(), value, depth + 1)
  if (typeof type !== 'string') return type[Number(value)] ?? value
  if (isId) return idOf(name, value)
  const read = scalars[type](value)
  if (read === undefined) throw new OtlpError(`"${name}" is not a value of type ${type}.`)
  return read
}

function idOf(name: string, value: unknown): string {
  if (typeof value === 'string' && /^(?:[0-9a-f]{2})*$/i.test(value))
    return Buffer.from(value, 'hex').toString('base64')
  throw new OtlpError(`"${name}" is not written in hex.`)
}

const scalars: Readonly<Record<Scalar, (value: unknown) => unknown>> = {
  string: (value) => (typeof value === 'string' ? storable(value) : undefined),
  bytes: (value) => (typeof value === 'string' ? storable(value) : undefined),
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  int64: (value) => integerOf(value, BigInt.asIntN),
  uint32: (value) => (integerOf(value, BigInt.asUintN) === undefined ? undefined : Number(value)),
  double: (value) => (typeof value === 'number' || doubles.has(String(value)) ? jsonDouble(Number(value)) : undefined),
  fixed64: (value) => integerOf(value, BigInt.asUintN),
  fixed32: (value) => (integerOf(value, BigInt.asUintN) === undefined ? undefined : Number(value)),
}

const doubles = new Set(['NaN', 'Infinity', '-Infinity'])

function integerOf(value: unknown, fit: (bits: number, value: bigint) => bigint): string | undefined {
  const digits = typeof value === 'number' && Number.isInteger(value) ? String(BigInt(value)) : value
  if (typeof digits !== 'string' || !/^-?\d{1,20}$/.test(digits)) return undefined
  return fit(64, BigInt(digits)) === BigInt(digits) ? digits : undefined
}
