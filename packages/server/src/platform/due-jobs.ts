import { sql } from 'kysely'
import type { Db } from './db.ts'

const lookEveryMs = 1000

/**
 * Wakes the workers of queues that hold a job whose time has come: the queue engine tells them of new jobs, but not of
 * deferred ones and retries. One look for all queues, because each that asks for itself is dozens of queries a second on
 * a server that has nothing to do.
 *
 * @param wakes - by the name of the queue
 * @returns stops, and waits for the last look
 */
export function wakeWhenDue(db: Db, wakes: ReadonlyMap<string, () => void>): () => Promise<void> {
  const names = [...wakes.keys()]
  let looking = Promise.resolve()
  let timer = setTimeout(start, lookEveryMs)
  let stopped = false

  function start(): void {
    looking = look()
  }

  async function look(): Promise<void> {
    // A database that is away is the engine's to report, and what is due stays due.
    const due = await dueQueues(db, names).catch(() => [])
    for (const name of due) wakes.get(name)?.()
    if (!stopped) timer = setTimeout(start, lookEveryMs)
  }

  return async () => {
    stopped = true
    clearTimeout(timer)
    await looking
  }
}

async function dueQueues(db: Db, names: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select queue.name from unnest(${names}::text[]) as queue (name)
    where exists (
      select from pgboss.job where name = queue.name and state < 'active' and start_after <= now())`.execute(db)
  return rows.map(({ name }) => name)
}
