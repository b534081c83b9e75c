import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Db, openDatabase } from './platform/db.ts'
import { createDatabase } from './testing.ts'
import { howToDeclare, undeclaredColumns, undeclaredDigests } from './testing-digests.ts'

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

it('knows of every column that may hold digests whether it needs their content', async () => {
  const forgotten = (await undeclaredColumns(db)).map((column) => `${column}: ${howToDeclare}`)

  expect(forgotten).toEqual([])
})

it('notices a column that a later domain forgets, by its name or by what it holds', async () => {
  const digest = `sha256:${'ab'.repeat(32)}`
  await sql`create schema later`.execute(db)
  await sql`create table later.thing (bundle_digest text, facts jsonb, note text, count int)`.execute(db)
  await sql`insert into later.thing (note) values (${`made of ${digest}, by hand`})`.execute(db)

  expect(await undeclaredColumns(db)).toEqual(['later.thing.bundle_digest', 'later.thing.facts'])
  expect(await undeclaredDigests(db)).toEqual([])
  await sql`insert into platform.blob_touch values (${digest}, now())`.execute(db)
  expect(await undeclaredDigests(db)).toEqual(['later.thing.note'])
})
