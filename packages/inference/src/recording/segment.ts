import { createHash } from 'node:crypto'
import { constants, type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../files.ts'

/** A file that prediction records are appended to, until it is closed and sent. */
export interface Segment {
  readonly id: string
  readonly path: string
  readonly sizeBytes: number
  /** Appends whole lines and puts them on the disk. When it fails, the file ends where it ended before. */
  append(lines: Buffer): Promise<void>
  /** @returns the digest of what was appended */
  close(): Promise<string>
}

export const segmentSuffix = '.jsonl'

// On Linux a write returns when it is on the disk, without a second way through the thread pool; elsewhere the flag
// is missing, or stops at the cache of the drive.
const syncsOnWrite = process.platform === 'linux'
const { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants
const flags = O_WRONLY | O_CREAT | O_EXCL | (syncsOnWrite ? O_DSYNC : 0)

/**
 * Makes an empty segment file that is still there after a power cut.
 *
 * @param reserveBytes - how much of the file to fill with zeros beforehand: to write over them is quicker than to make
 *   the file grow. What is not used is cut off at the end, by `close` or by who recovers the segment.
 */
export async function createSegment(folder: string, id: string, reserveBytes: number): Promise<Segment> {
  const path = join(folder, id + segmentSuffix)
  const file = await open(path, flags, 0o600)
  // A full disk is told by the write that matters.
  if (reserveBytes > 0) await file.write(Buffer.alloc(reserveBytes), 0, reserveBytes, 0).catch(() => undefined)
  await syncFolder(folder)
  const hash = createHash('sha256')
  let sizeBytes = 0

  return {
    id,
    path,
    get sizeBytes() {
      return sizeBytes
    },
    async append(lines) {
      try {
        await writeAll(file, lines, sizeBytes)
        if (!syncsOnWrite) await file.datasync()
      } catch (error) {
        // Half a line may have been written; what cannot be cut off now is cut off before the segment is sent.
        await file.truncate(sizeBytes).catch(() => undefined)
        throw error
      }
      hash.update(lines)
      sizeBytes += lines.length
    },
    async close() {
      try {
        await file.truncate(sizeBytes)
      } finally {
        await file.close()
      }
      return `sha256:${hash.digest('hex')}`
    },
  }
}

async function writeAll(file: FileHandle, lines: Buffer, start: number): Promise<void> {
  for (let at = 0; at < lines.length;) {
    at += (await file.write(lines, at, lines.length - at, start + at)).bytesWritten
  }
}
