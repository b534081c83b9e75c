import { createHash } from 'node:crypto'
import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '../files.ts'
import type { ClosedSegment } from './recorder.ts'
import { segmentSuffix } from './segment.ts'

/** Names of the segments that lie in the folder, oldest first. */
export async function listSegments(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  })
  return names
    .filter((name) => name.endsWith(segmentSuffix))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

/**
 * A segment that an earlier process left, without what its end cut short. Nothing behind a line that is no JSON was
 * ever acknowledged, because the file only grows.
 *
 * @returns undefined, and removes the file, when there is no whole line in it
 */
export async function recoverSegment(folder: string, name: string): Promise<ClosedSegment | undefined> {
  const path = join(folder, name)
  const content = await readFile(path)
  const sizeBytes = soundBytes(content)
  if (sizeBytes === 0) {
    await rm(path)
    return undefined
  }
  if (sizeBytes < content.length) await truncate(path, sizeBytes)
  const digest = createHash('sha256').update(content.subarray(0, sizeBytes)).digest('hex')
  return { id: name.slice(0, -segmentSuffix.length), path, sizeBytes, digest: `sha256:${digest}` }
}

function soundBytes(content: Buffer): number {
  let end = 0
  for (let next = content.indexOf('\n'); next >= 0; next = content.indexOf('\n', end)) {
    if (!isJson(content.toString('utf8', end, next))) return end
    end = next + 1
  }
  return end
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
