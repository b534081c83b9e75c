import { createReadStream } from 'node:fs'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Writes and reads plain ustar archives: regular files with short names, which is all that a bundle has.
 *
 * @see POSIX.1-2017, pax, "ustar Interchange Format"
 */
const blockBytes = 512

/** @param names - of files below the folder, with `/`, at most 100 bytes each */
export async function packTar(folder: string, names: readonly string[], target: string): Promise<void> {
  const out = await open(target, 'w')
  try {
    for (const name of names) {
      const { size } = await stat(join(folder, name))
      await out.write(headerOf(name, size))
      for await (const chunk of createReadStream(join(folder, name))) await out.write(chunk as Buffer)
      await out.write(Buffer.alloc(padding(size)))
    }
    await out.write(Buffer.alloc(2 * blockBytes))
  } finally {
    await out.close()
  }
}

const padding = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(blockBytes)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(size, 11), 124)
  // The same content makes the same archive.
  header.write(octal(0, 11), 136)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  )
  return header
}

/** @throws RangeError for what is no such archive, or would leave the folder */
export async function unpackTar(source: string, folder: string): Promise<void> {
  const file = await open(source)
  try {
    const { size: end } = await file.stat()
    for (let at = 0; at + blockBytes <= end;) {
      const header = Buffer.alloc(blockBytes)
      await file.read(header, 0, blockBytes, at)
      if (header.every((byte) => byte === 0)) return
      const { name, size } = readHeader(header)
      if (at + blockBytes + size > end) throw new RangeError(`The archive ends within ${name}.`)
      const content = Buffer.alloc(size)
      await file.read(content, 0, size, at + blockBytes)
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
      at += blockBytes + size + padding(size)
    }
  } finally {
    await file.close()
  }
}

function readHeader(header: Buffer): { readonly name: string; readonly size: number } {
  const text = (start: number, length: number) => header.toString('utf8', start, start + length).replace(/\0.*$/s, '')
  const name = text(0, 100)
  const size = parseInt(text(124, 12), 8)
  if (text(257, 5) !== 'ustar' || !Number.isInteger(size)) throw new RangeError('It is no ustar archive.')
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(name) || name.split('/').includes('..'))
    throw new RangeError(`The archive holds "${name}", which no bundle has.`)
  return { name, size }
}
