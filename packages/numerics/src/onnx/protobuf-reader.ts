/** The bytes are not what they are said to be. */
export class OnnxFormatError extends Error {
  override readonly name = 'OnnxFormatError'
}

/** One field of a message: an integer, or the bytes of a string, a message or a fixed-width number. */
export type Field =
  | { readonly number: number; readonly kind: 'integer'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Uint8Array }

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Walks through the fields of one message without copying them.
 *
 * @throws OnnxFormatError when the bytes break off or are no message
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0
  while (at < message.length) {
    const tag = Number(varint())
    const number = Math.floor(tag / 8)
    if (number === 0) throw broken('a field has the number 0')
    const wireType = tag % 8
    if (wireType === 0) yield { number, kind: 'integer', value: varint() }
    else yield { number, kind: 'bytes', value: take(lengthOf(wireType)) }
  }

  function varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = take(1)[0]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw broken('a number runs over ten bytes')
  }

  function lengthOf(wireType: number): number {
    if (wireType === 1) return 8
    if (wireType === 2) return Number(varint())
    if (wireType === 5) return 4
    throw broken(`a field has the unknown wire type ${wireType}`)
  }

  function take(length: number): Uint8Array {
    if (at + length > message.length) throw broken('a field is longer than what is left')
    at += length
    return message.subarray(at - length, at)
  }
}

/** @throws OnnxFormatError when the field is an integer */
export function bytesOf(field: Field): Uint8Array {
  if (field.kind === 'bytes') return field.value
  throw broken(`field ${field.number} is a number where a text or a message belongs`)
}

/** @throws OnnxFormatError when the field is not an integer of a size that a float64 holds exactly */
export function integerOf(field: Field): number {
  if (field.kind !== 'integer') throw broken(`field ${field.number} is not a number`)
  const value = Number(BigInt.asIntN(64, field.value))
  if (Number.isSafeInteger(value)) return value
  throw broken(`field ${field.number} holds the number ${field.value}, which is out of range`)
}

/** @throws OnnxFormatError when the field is not UTF-8 */
export function textOf(field: Field): string {
  try {
    return decoder.decode(bytesOf(field))
  } catch (cause) {
    if (cause instanceof OnnxFormatError) throw cause
    throw new OnnxFormatError(`onnx: field ${field.number} is not a text in UTF-8; export the model again`, { cause })
  }
}

function broken(what: string): OnnxFormatError {
  return new OnnxFormatError(`onnx: the bytes are not a complete ONNX model: ${what}; export or upload the model again`)
}
