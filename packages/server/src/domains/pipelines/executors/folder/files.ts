import { open, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isErrno } from '../../../../platform/errors.ts'
import type { Ended, Handle, JobFile } from '../executor.ts'

export async function read(home: Handle, file: JobFile, offset: number, limitBytes: number): Promise<Buffer> {
  const source = await open(join(home, 'control', file)).catch(ignoreAbsent)
  if (!source) return Buffer.alloc(0)
  try {
    const length = Math.max(0, Math.min(limitBytes, (await source.stat()).size - offset))
    const { buffer, bytesRead } = await source.read(Buffer.alloc(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await source.close()
  }
}

/** When the job last touched its heartbeat file. */
export async function heartbeatOf(home: Handle): Promise<{ heartbeatAt?: Date }> {
  const file = await stat(join(home, 'control/heartbeat')).catch(ignoreAbsent)
  return file ? { heartbeatAt: file.mtime } : {}
}

const Exit = z.object({ exit_code: z.int() })
/** What a launcher writes is far shorter. */
const exitLimitBytes = 1024

/** How the launcher says that the command ended; `undefined` while it has not. */
export async function readExit(home: string): Promise<Extract<Ended, { readonly state: 'ended' }> | undefined> {
  const file = await open(join(home, 'control/exit.json')).catch(ignoreAbsent)
  if (!file) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(exitLimitBytes), 0, exitLimitBytes, 0)
    const text = buffer.toString('utf8', 0, bytesRead)
    if (!text.trimEnd().endsWith('}')) return undefined
    const { mtime } = await file.stat()
    return { state: 'ended', endedAt: mtime, exitCode: Exit.parse(JSON.parse(text)).exit_code }
  } finally {
    await file.close()
  }
}

/** Frees the space of inputs and outputs; `control` stays. */
export async function clear(home: string): Promise<void> {
  await Promise.all(['code', 'inputs', 'outputs', 'scratch'].map((name) => removeFolder(join(home, name))))
  await rm(join(home, 'control/secrets'), { force: true })
}

/** Most are empty, and to look into them first costs more than all else. */
const removeFolder = (path: string): Promise<void> =>
  rmdir(path).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) return rm(path, { recursive: true, force: true })
  })

export const exists = async (path: string): Promise<boolean> => (await stat(path).catch(ignoreAbsent)) !== undefined

export function ignoreAbsent(error: unknown): undefined {
  // ENOTDIR: the folder of jobs holds files of others too.
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
  throw error
}
