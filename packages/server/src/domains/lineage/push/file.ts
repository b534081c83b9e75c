import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrno } from '../../../platform/errors.ts'
import type { Sent } from '../../../platform/outgoing/send.ts'

/** A file grows to so much, and so many older ones are kept: `x.jsonl.1` is the newest of them. */
const limits = { bytes: 16 * 1024 ** 2, kept: 5 }

/** Appends one event as a line. Never throws. */
export async function appendLine(path: string, line: string, { bytes, kept } = limits): Promise<Sent> {
  try {
    await mkdir(dirname(path), { recursive: true })
    if ((await sizeOf(path)) + Buffer.byteLength(line) + 1 > bytes) await rotate(path, kept)
    await appendFile(path, `${line}\n`)
    return { outcome: 'sent' }
  } catch (error) {
    return { outcome: 'failed', says: `${path} cannot be written: ${(error as Error).message}` }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
}

async function rotate(path: string, kept: number): Promise<void> {
  if ((await sizeOf(path)) === 0) return
  await rm(`${path}.${kept}`, { force: true })
  for (let at = kept - 1; at >= 0; at--) {
    const from = at === 0 ? path : `${path}.${at}`
    try {
      await rename(from, `${path}.${at + 1}`)
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error
    }
  }
}
