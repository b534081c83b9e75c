import { execFile } from 'node:child_process'
import { open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MiB = 1024 ** 2
/** What is kept of a long log: its beginning, and its newest part. */
export const logHeadBytes = 64 * MiB
export const logTailBytes = 64 * MiB
/** A log grows by so much before it is cut again. */
const slackBytes = 64 * MiB
const lineBytes = 64 * 1024

/**
 * Keeps the log of one job from filling the disk: takes the middle out of the file and leaves every offset as it is.
 * What is gone is written down in `log.cut` first. Does nothing where the system has no `fallocate`.
 */
export function createLogCut(home: string): () => Promise<void> {
  const log = join(home, 'control/log')
  let cutUntil = logHeadBytes
  let isPossible = true

  return async () => {
    const size = isPossible ? await sizeOf(log) : 0
    if (size - cutUntil < logTailBytes + slackBytes) return
    const from = await lineStart(log, logHeadBytes - lineBytes)
    const to = await lineStart(log, size - logTailBytes)
    const note = join(home, 'control/log.cut')
    await writeFile(`${note}.part`, JSON.stringify({ from, to }))
    await rename(`${note}.part`, note)
    isPossible = await punch(log, from, to)
    if (isPossible) cutUntil = to
    else if (cutUntil === logHeadBytes) await rm(note)
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** Where the first line behind an offset begins; the offset itself when there is none soon. */
async function lineStart(path: string, offset: number): Promise<number> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(lineBytes), 0, lineBytes, offset)
    return offset + buffer.subarray(0, bytesRead).indexOf('\n') + 1
  } finally {
    await file.close()
  }
}

async function punch(path: string, from: number, to: number): Promise<boolean> {
  const span = ['--offset', String(from), '--length', String(to - from)]
  return promisify(execFile)('fallocate', ['--punch-hole', ...span, path]).then(
    () => true,
    () => false,
  )
}
