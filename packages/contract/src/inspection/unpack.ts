import { InspectionError } from './error.ts'

/** How a file is packed, by its first bytes: none of these is a format of a model by itself. */
export type Packing = 'gzip' | 'zlib'

/** Largest content that is unpacked, in bytes: a few kilobytes may claim to hold much more. */
const largestBytes = 512 * 1024 ** 2

export function packingOf(head: Uint8Array): Packing | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  // The second byte says how hard it was packed, and makes both together a multiple of 31.
  return head[0] === 0x78 && (0x7800 + (head[1] ?? 0)) % 31 === 0 ? 'zlib' : undefined
}

/** @throws InspectionError when it is damaged, or holds more than is read */
export async function unpack(
  bytes: Uint8Array,
  packing: Packing | 'raw',
  limitBytes = largestBytes,
): Promise<Uint8Array> {
  const format = { gzip: 'gzip', zlib: 'deflate', raw: 'deflate-raw' } as const
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
  try {
    return await gather(packed.pipeThrough(new DecompressionStream(format[packing])), limitBytes)
  } catch (error) {
    if (error instanceof InspectionError) throw error
    throw new InspectionError(`It is packed with ${packing === 'raw' ? 'deflate' : packing}, and damaged.`, {
      cause: error,
    })
  }
}

async function gather(stream: ReadableStream<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > limitBytes)
      throw new InspectionError(`Unpacked it has more than ${limitBytes} bytes, which is not read.`)
    chunks.push(chunk)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
