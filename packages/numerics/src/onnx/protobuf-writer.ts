/** Each function returns the bytes of one field; a message is its fields, one after the other. */

const encoder = new TextEncoder()

/** A 64-bit integer; negative values take ten bytes. */
export function integer(field: number, value: number): Uint8Array {
  return concat([varint(field * 8), varint(value)])
}

export function text(field: number, value: string): Uint8Array {
  return bytes(field, encoder.encode(value))
}

export function bytes(field: number, value: Uint8Array): Uint8Array {
  return concat([varint(field * 8 + 2), varint(value.length), value])
}

export function message(field: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return bytes(field, concat(fields))
}

/** Many integers in one field. */
export function packedIntegers(field: number, values: readonly number[]): Uint8Array {
  return bytes(field, concat(values.map(varint)))
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function varint(value: number): Uint8Array {
  const encoded: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    encoded.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  encoded.push(Number(rest))
  return Uint8Array.from(encoded)
}
