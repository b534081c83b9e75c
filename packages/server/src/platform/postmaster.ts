import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isErrno } from './errors.ts'

/** A main process of PostgreSQL that runs on a data folder. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
}

/**
 * Finds the PostgreSQL that runs on a data folder. A pid file left by a dead one is removed: its pid may belong to
 * another program by now, and then PostgreSQL would refuse to start.
 */
export async function findPostmaster(dataFolder: string): Promise<Postmaster | undefined> {
  const pidFile = join(dataFolder, 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })
  if (text === undefined) return undefined
  // The lines are: pid, data folder, start time, port, …; see `miscadmin.h` of PostgreSQL.
  const [pid, , , port] = text.split('\n').map(Number)
  if (pid && port && (await runsOn(pid, dataFolder))) return { pid, port }
  await rm(pidFile, { force: true })
  return undefined
}

async function runsOn(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  const command = process.platform === 'linux' ? await readCommand(pid) : await askForCommand(pid)
  return command.includes(dataFolder)
}

const readCommand = (pid: number) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')

const askForCommand = (pid: number) =>
  promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  )

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

/** Waits for the end of a process that need not be a child of ours. @returns whether it ended in time */
export async function endOf(pid: number, timeoutMs = Infinity): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false
    await delay(50)
  }
  return true
}
