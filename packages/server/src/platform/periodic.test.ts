import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../testing.ts'
import { type Db, openDatabase } from './db.ts'
import { periodic } from './jobs.ts'
import { createLog } from './logging.ts'
import { startPeriodic } from './periodic.ts'

const log = createLog({ level: 'silent' })
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

it('runs on one server at a time, about once in a period', async () => {
  let runs = 0
  const job = periodic('shelves.dust', 0.2, async () => void runs++)

  const servers = Array.from({ length: 4 }, () => startPeriodic(db, [job], log))
  await delay(2100)
  await Promise.all(servers.map((stop) => stop()))

  // Ten periods; each server alone would have made ten runs of them.
  expect(runs).toBeGreaterThanOrEqual(4)
  expect(runs).toBeLessThanOrEqual(22)
})

it('goes on after a failure, and waits for what runs when it stops', async () => {
  const seen: string[] = []
  const job = periodic('shelves.fail', 0.1, async () => {
    seen.push('start')
    await delay(150)
    seen.push('end')
    throw new Error('Not today.')
  })

  const stop = startPeriodic(db, [job], log)
  await delay(700)
  await stop()

  expect(seen.length).toBeGreaterThanOrEqual(4)
  expect(seen.filter((what) => what === 'start')).toHaveLength(seen.length / 2)
})
