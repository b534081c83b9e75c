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
  const now = performance.now()
  const known = now - strangers.at < trustedMs ? strangers.since : new Map<string, number>()
  const unsure = pids.filter((pid) => (known.get(pid) ?? now) > strangers.at - youngMs)
  const ids = await Promise.all(unsure.map(externalIdOf))
  const carriers = new Map(unsure.flatMap((pid, at) => (ids[at] === undefined ? [] : [[pid, ids[at]] as const])))
  const others = pids.filter((pid) => !carriers.has(pid))
  strangers = { at: now, since: new Map(others.map((pid) => [pid, known.get(pid) ?? now])) }
  const found = Map.groupBy(carriers.keys(), (pid) => carriers.get(pid)!)
  return new Map([...found].map(([id, of]) => [id, of.map(Number)]))
}

/**
 * Processes that carried no id when they were looked at last, and since when: nobody gets one later. Those that were seen
 * for a short time only are looked at again: between its birth and its program a process looks like the one it comes from.
 */
let strangers: { readonly at: number; readonly since: ReadonlyMap<string, number> } = {
  at: -Infinity,
  since: new Map(),
}
const youngMs = 200
/** After so long without a look, a number may belong to another process. */
const trustedMs = 5000

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
