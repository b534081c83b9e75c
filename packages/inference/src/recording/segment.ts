import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
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

/** Makes an empty segment file that is still there after a power cut. */
export async function createSegment(folder: string, id: string): Promise<Segment> {
  const path = join(folder, id + segmentSuffix)
  const file = await open(path, 'wx', 0o600)
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
        await file.appendFile(lines)
        await file.datasync()
      } catch (error) {
        // Half a line may have been written; what cannot be cut off now is cut off before the segment is sent.
        await file.truncate(sizeBytes).catch(() => undefined)
        throw error
      }
      hash.update(lines)
      sizeBytes += lines.length
    },
    async close() {
      await file.close()
      return `sha256:${hash.digest('hex')}`
    },
  }
}
