import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { z } from 'zod'

/** A process that cannot be mistaken for a later one with the same number. */
export const Identity = z.object({ name: z.string(), pid: z.int().positive(), startedAt: z.string() })
export type Identity = z.infer<typeof Identity>

/**
 * When a process started, in a form that no later process with the same number shares; undefined when it is gone.
 * Linux: boot id and field 22 of `/proc/<pid>/stat`; elsewhere what `ps` prints.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid)
}

async function startOnLinux(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name may hold spaces and brackets; the fields start after its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z') return undefined
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return `${boot.trim()}/${fields[19]}`
}

async function startByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}

export async function identify(name: string, pid: number): Promise<Identity | undefined> {
  const startedAt = await startOf(pid)
  return startedAt === undefined ? undefined : { name, pid, startedAt }
}

export async function isRunning({ pid, startedAt }: Identity): Promise<boolean> {
  return (await startOf(pid)) === startedAt
}
