import { readdir, readFile } from 'node:fs/promises'
import { isErrno } from '../../../../platform/errors.ts'

/** Sends a signal to a process, or to a group when the number is negative. Returns whether anybody was there. */
export function signal(target: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(target, name)
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false
    throw error
  }
}

/** Processes that carry this external id, wherever they moved: some leave their group with `setsid`. Linux only. */
export async function processesOf(externalId: string): Promise<readonly number[]> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter((name) => /^\d+$/.test(name))
  const marks = await Promise.all(pids.map((pid) => carries(pid, `EVENKEEL_EXTERNAL_ID=${externalId}`)))
  return pids.filter((_, at) => marks[at]).map(Number)
}

async function carries(pid: string, variable: string): Promise<boolean> {
  // Processes of others, and those that have just ended, cannot be read.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return environment.split('\0').includes(variable)
}
