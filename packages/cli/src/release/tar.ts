import { createReadStream } from 'node:fs'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readTar } from '../read-tar.ts'

/**
 * Writes plain ustar archives: regular files with short names, which is all that a bundle has.
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
  for await (const { name, content } of readTar(createReadStream(source))) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}
