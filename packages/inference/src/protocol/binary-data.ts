import { checkText } from './json-data.ts'
import { badRequest } from './refusal.ts'
import { type Datatype, elementBytes, type Tensor, type TensorData, viewData } from './tensor.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads one tensor in binary form: little-endian and without padding; a BYTES element is a uint32 length and UTF-8.
 *
 * @param length - number of elements by the shape
 * @throws Refusal (400) when the bytes are not exactly those elements
 */
export function readBinaryData(name: string, datatype: Datatype, length: number, bytes: Buffer): TensorData {
  if (datatype === 'BYTES') return readTexts(name, length, bytes)
  const expected = length * elementBytes[datatype]
  if (bytes.length !== expected) {
    throw badRequest(
      `Input "${name}" has ${bytes.length} bytes of binary data, but shape and datatype make ${expected}.`,
    )
  }
  // Typed arrays want their bytes aligned, and the header before them has any length.
  const aligned = new ArrayBuffer(expected)
  new Uint8Array(aligned).set(bytes)
  if (datatype === 'BOOL' && bytes.some((byte) => byte > 1)) {
    throw badRequest(`Input "${name}" holds a byte that is neither 0 nor 1, which is no BOOL.`)
  }
  return viewData(datatype, aligned)
}

function readTexts(name: string, length: number, bytes: Buffer): string[] {
  const texts: string[] = []
  let at = 0
  while (at < bytes.length && texts.length < length) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32LE(at) : Infinity
    if (end > bytes.length) throw badRequest(`Input "${name}": a BYTES element reaches beyond the binary data.`)
    texts.push(readText(name, bytes.subarray(at + 4, end)))
    at = end
  }
  if (texts.length !== length || at !== bytes.length) {
    throw badRequest(`Input "${name}": the binary data does not hold exactly ${length} BYTES elements.`)
  }
  return texts
}

function readText(name: string, bytes: Buffer): string {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw badRequest(`Input "${name}" holds bytes that are not UTF-8.`)
  }
  checkText(name, text)
  return text
}

/** The binary form of a tensor. */
export function writeBinaryData({ data }: Tensor): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    }),
  )
}
