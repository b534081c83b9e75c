import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { failPlatform, isErrno } from '../../platform/errors.ts'

/** Older ones were left by a server that was killed. */
const abandonedMs = 24 * 3_600_000

/** A file as it was sent, in a folder that DuckDB may read. */
export interface ReceivedFile {
  readonly path: string
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly sizeBytes: number
  readonly hasNul: boolean
}

export interface Uploads {
  /**
   * Hands a received file to `use`, and a path for one more file; both files are gone afterwards.
   *
   * @throws DomainError `platform.disk_full`, or what the stream fails with
   */
  receive<T>(stream: Readable, use: (file: ReceivedFile, spare: string) => Promise<T>): Promise<T>
  /** Removes what a killed server left behind. */
  sweep(now: Date): Promise<void>
}

export function createUploads(parent: string): Uploads {
  const folder = join(parent, 'uploads')

  return {
    async receive(stream, use) {
      await mkdir(folder, { recursive: true })
      const path = join(folder, randomUUID())
      const spare = `${path}.spare`
      try {
        return await use(await write(stream, path), spare)
      } finally {
        await Promise.all([path, spare].map((file) => rm(file, { force: true })))
      }
    },

    async sweep(now) {
      await mkdir(folder, { recursive: true })
      for (const name of await readdir(folder)) {
        const path = join(folder, name)
        const found = await stat(path).catch(() => undefined)
        if (found && found.mtimeMs < now.getTime() - abandonedMs) await rm(path, { force: true })
      }
    },
  }
}

async function write(stream: Readable, path: string): Promise<ReceivedFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  let hasNul = false
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      sizeBytes += chunk.length
      hasNul ||= chunk.includes(0)
      done(null, chunk)
    },
  })
  try {
    await pipeline(stream, meter, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    throw isErrno(error, 'ENOSPC', 'EDQUOT') ? failPlatform('platform.disk_full', {}, { cause: error }) : error
  }
  return { path, digest: `sha256:${hash.digest('hex')}`, sizeBytes, hasNul }
}

/** The line, from 1, that holds the first NUL byte. */
export async function lineOfNul(path: string): Promise<number> {
  let line = 1
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const end = chunk.indexOf(0)
    const part = end < 0 ? chunk : chunk.subarray(0, end)
    line += part.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0)
    if (end >= 0) break
  }
  return line
}
