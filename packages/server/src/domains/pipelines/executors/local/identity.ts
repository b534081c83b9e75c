import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process that cannot be mistaken for a later one with the same number: see `launcher.sh`, which writes it. */
export interface Identity {
  readonly pid: number
  /** Clock ticks since boot on Linux; the start time with `_` for spaces elsewhere. */
  readonly start: string
  /** Changes with every boot; `-` where the system does not tell. */
  readonly boot: string
}

export function parseIdentity(line: string): Identity {
  const [pid = '', start = '', boot = ''] = line.trim().split(' ')
  return { pid: Number(pid), start, boot }
}

/** Of a process that runs; `undefined` when there is none of this number. The same as `launcher.sh` writes. */
export async function identityOf(pid: number): Promise<Identity | undefined> {
  const boot = (await readOrEmpty('/proc/sys/kernel/random/boot_id')).trim() || '-'
  const start = boot === '-' ? await startTimeByPs(pid) : fieldsOf(await readOrEmpty(`/proc/${pid}/stat`))[19]
  return start === undefined ? undefined : { pid, start, boot }
}

/** Whether this very process still runs. One that ended and was not yet collected by its parent does not. */
export async function isAlive({ pid, start, boot }: Identity): Promise<boolean> {
  if (boot === '-') return start === (await startTimeByPs(pid))
  const [stat, bootNow] = await Promise.all([
    readOrEmpty(`/proc/${pid}/stat`),
    readOrEmpty('/proc/sys/kernel/random/boot_id'),
  ])
  const fields = fieldsOf(stat)
  return bootNow.trim() === boot && fields[19] === start && fields[0] !== 'Z'
}

/** Counted after the last bracket, because the name before it may hold spaces. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

async function startTimeByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trimEnd().replaceAll(' ', '_')
  } catch {
    return undefined
  }
}

const readOrEmpty = (path: string) => readFile(path, 'utf8').catch(() => '')
