import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createLog } from './platform/logging.ts'
import { type Postgres, startPostgres } from './platform/postgres.ts'

/**
 * PostgreSQL as a process of its own: `node postgres.ts --folder X`. Prints `{"ready":true,"pid":…}` on one line when it
 * is ready, starts PostgreSQL again when it dies, and stops it on SIGTERM or SIGINT. Where it listens, and its password,
 * stand in `postgres.json` of the folder: what is printed may end up in a log.
 */
const { values } = parseArgs({ options: { folder: { type: 'string' } } })
if (!values.folder) throw new Error('Say where the database lives: --folder <data folder>')

const log = createLog({ to: process.stderr })
const folder = values.folder
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())

let postgres = await startPostgres({ folder })
process.stdout.write(`${JSON.stringify({ ready: true, pid: postgres.pid })}\n`)

const stopped = new Promise((settle) => stopping.signal.addEventListener('abort', settle, { once: true }))
while (!stopping.signal.aborted) {
  await Promise.race([postgres.ended(), stopped])
  if (!stopping.signal.aborted) postgres = await startAgain()
}
await postgres.stop()

/** Tries until it runs: right after a crash, what is left of the old one may still be in the way. */
async function startAgain(): Promise<Postgres> {
  log.warn('PostgreSQL ended by itself and is started again')
  for (let attempt = 0; ; attempt++) {
    try {
      const again = await startPostgres({ folder })
      log.info({ pid: again.pid }, 'PostgreSQL runs again')
      return again
    } catch (error) {
      if (stopping.signal.aborted) throw error
      log.error({ err: error }, 'PostgreSQL does not start; trying again')
      await delay(Math.min(250 * 2 ** attempt, 10_000))
    }
  }
}
