import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
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

const mark = 'EVENKEEL_EXTERNAL_ID='

type Found = ReadonlyMap<string, readonly number[]>

/** Looks that are about to begin, by how long they gather questions. */
const looks = new Map<number, Promise<Found>>()

/**
 * Processes that carry this external id, wherever they moved: some leave their group with `setsid`. Linux only.
 *
 * @param withinMs - how long the answer may take: to look through all processes takes milliseconds, and one look
 *   answers all who ask meanwhile
 */
export async function processesOf(externalId: string, withinMs = 0): Promise<readonly number[]> {
  const look = looks.get(withinMs) ?? lookSoon(withinMs)
  looks.set(withinMs, look)
  return (await look).get(externalId) ?? []
}

async function lookSoon(withinMs: number): Promise<Found> {
  await delay(withinMs)
  looks.delete(withinMs)
  return lookThroughAll()
}

async function lookThroughAll(): Promise<Found> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const ids = await Promise.all(pids.map(externalIdOf))
  const found = Map.groupBy(pids.keys(), (at) => ids[at])
  return new Map([...found].flatMap(([id, at]) => (id === undefined ? [] : [[id, at.map((one) => Number(pids[one]))]])))
}

async function externalIdOf(pid: string): Promise<string | undefined> {
  // Processes of others, and those that have just ended, cannot be read.
  const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined)
  if (!environment?.includes(mark)) return undefined
  const variable = environment
    .toString()
    .split('\0')
    .find((one) => one.startsWith(mark))
  return variable?.slice(mark.length)
}
