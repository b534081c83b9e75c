import { open, readFile, rm, stat } from 'node:fs/promises'
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

/** How the launcher says that the command ended; `undefined` while it has not. */
export async function readExit(home: string): Promise<Extract<Ended, { readonly state: 'ended' }> | undefined> {
  const path = join(home, 'control/exit.json')
  const text = await readFile(path, 'utf8').catch(ignoreAbsent)
  if (!text?.trimEnd().endsWith('}')) return undefined
  const { mtime } = await stat(path)
  return { state: 'ended', endedAt: mtime, exitCode: Exit.parse(JSON.parse(text)).exit_code }
}

/** Frees the space of inputs and outputs; `control` stays. */
export async function clear(home: string): Promise<void> {
  const heavy = ['code', 'inputs', 'outputs', 'scratch', 'control/secrets'].map((name) => join(home, name))
  await Promise.all(heavy.map((path) => rm(path, { recursive: true, force: true })))
}

export const exists = async (path: string): Promise<boolean> => (await stat(path).catch(ignoreAbsent)) !== undefined

export function ignoreAbsent(error: unknown): undefined {
  // ENOTDIR: the folder of jobs holds files of others too.
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
  throw error
}
