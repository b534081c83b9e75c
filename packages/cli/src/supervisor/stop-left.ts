import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Identity, identify, isRunning } from './identity.ts'
import { readState, removeState, stillRunning } from './state.ts'

const POLITE_MS = 20_000

/**
 * Stops processes that a supervisor left running in a folder: the node first, the database last.
 *
 * @returns those that were stopped
 */
export async function stopLeft(folder: string, running: readonly Identity[]): Promise<Identity[]> {
  const order = ['node', 'server', 'postgres']
  const left = running.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  for (const process of left) await end(process)
  const database = await orphanDatabase(folder)
  if (database) await end(database)
  await removeState(folder)
  return database ? [...left, database] : left
}

/** Stops the supervisor of a folder, which stops its children; whatever is left after that is stopped here. */
export async function stopFolder(folder: string): Promise<Identity[]> {
  const state = await readState(folder)
  if (!state) return stopLeft(folder, [])
  const before = await stillRunning(state)
  const supervisor = before.find(({ name }) => name === 'supervisor')
  if (supervisor) await end(supervisor)
  // Until the end, the supervisor may have started a child again.
  const rest = await stopLeft(folder, await stillRunning((await readState(folder)) ?? state))
  const stopped = [...before, ...rest]
  return stopped.filter(({ pid }, index) => stopped.findIndex((other) => other.pid === pid) === index)
}

/** PostgreSQL itself, when the process that watched over it was killed. */
async function orphanDatabase(folder: string): Promise<Identity | undefined> {
  const text = await readFile(join(folder, 'postgres/data/postmaster.pid'), 'utf8').catch(() => undefined)
  const pid = Number(text?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes(folder) ? identify('postgresql', pid) : undefined
}

/** SIGTERM (for PostgreSQL itself the fast shutdown, SIGINT), and SIGKILL to what does not listen. */
async function end(target: Identity): Promise<void> {
  signal(target.pid, target.name === 'postgresql' ? 'SIGINT' : 'SIGTERM')
  const insistAt = Date.now() + POLITE_MS
  while (await isRunning(target)) {
    if (Date.now() > insistAt) signal(target.pid, 'SIGKILL')
    await delay(30)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended in the meantime.
  }
}
