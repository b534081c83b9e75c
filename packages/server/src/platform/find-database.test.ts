import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../testing.ts'
import { findDatabase } from './find-database.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let folder: string
beforeAll(async () => {
  database = await createDatabase()
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-find-database-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await database.drop()
})

const writeUrl = (url: string) => writeFile(join(folder, 'postgres.json'), JSON.stringify({ url }))

it('says what to do when there is no database and none was promised', async () => {
  const found = findDatabase({ databaseUrl: undefined, databaseWaitMs: 0, folder })

  await expect(found).rejects.toThrow('Run "evenkeel up", which starts one')
})

it('waits for one that starts, under the address it ends up with', async () => {
  const found = findDatabase({ databaseUrl: undefined, databaseWaitMs: 30_000, folder })
  await delay(60)
  // Where the last start listened: nobody is there now.
  await writeUrl('postgres://evenkeel:secret@127.0.0.1:1/postgres')
  await delay(60)
  await writeUrl(database.url)

  const { url, db } = await found
  expect(url).toBe(database.url)
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
  await db.destroy()
})

it('does not wait for what waiting cannot mend', async () => {
  const databaseUrl = new URL(database.url)
  databaseUrl.pathname = '/no_such_database'
  const found = findDatabase({ databaseUrl: databaseUrl.href, databaseWaitMs: 30_000, folder })

  await expect(found).rejects.toThrow('does not exist')
})

it('gives up when the time is over', async () => {
  const databaseUrl = 'postgres://evenkeel:secret@127.0.0.1:1/postgres'

  await expect(findDatabase({ databaseUrl, databaseWaitMs: 100, folder })).rejects.toThrow('ECONNREFUSED')
})
