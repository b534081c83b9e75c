import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../testing.ts'
import { type Db, openDatabase } from './db.ts'
import { events } from './dies-in-handler.fixture.ts'
import { createEvents, on } from './events.ts'
import { createLog } from './logging.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let db: Db
beforeAll(async () => {
  database = await createDatabase()
  db = await openDatabase(database.url)
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

it('gives an event to the next server when the one that handled it was killed', async () => {
  const fixture = join(import.meta.dirname, 'dies-in-handler.fixture.ts')
  const [, signal] = (await once(spawn(process.execPath, [fixture, database.url]), 'exit')) as [number, string]
  expect(signal).toBe('SIGKILL')
  const heard: string[] = []

  const next = await createEvents({ db, url: database.url, log: createLog({ level: 'silent' }) })
  const pickUp = on(events, 'shelves.fell', 'shelves.pick_up', async ({ subject }) => void heard.push(subject))
  await next.start([pickUp], [])

  await expect.poll(() => heard, { timeout: 45_000, interval: 100 }).toEqual(['oak'])
  await next.stop()
})
